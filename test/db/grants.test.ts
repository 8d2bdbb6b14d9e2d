import { expect } from 'chai';
import pg from 'pg';
import { createPipeline } from '../../src/container.js';
import { listGrants } from '../../src/db/grants.js';
import { parseSessionDate } from '../../src/core/session.js';
import { migrate } from '../../src/db/migrate.js';
import { PipelineError } from '../../src/core/errors.js';
import { APPLE, FORD, ScreenerFolders } from '../phases/import/screener-folders.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { GROUP_TABLES } from '../support/group-tables.js';
import { TICKSTOCK_TABLES } from '../support/tickstock-tables.js';

const ROLE = 'tickstock_least';
const folders = new ScreenerFolders();
const FOLDER = folders.make({
  '2026-06-30': { 'nasdaq.json': [APPLE], 'nyse.json': [FORD], 'amex.json': [{ ...FORD, symbol: 'AMX' }] },
});

describe('the grants of a user that runs every phase', () => {
  let test: TestDatabase;
  let pool: pg.Pool;
  const run = async (): Promise<unknown> => {
    const pipeline = await createPipeline({
      database: pool,
      schema: 'require',
      config: { options: { import: { source: 'screener', dir: FOLDER } } },
    });
    const ended = await pipeline.run({ session: parseSessionDate('2026-06-30') }).then(
      ({ status }) => status,
      (error: unknown) => error,
    );
    await pipeline.close();
    return ended;
  };

  after(() => folders.remove());

  beforeEach(async () => {
    test = await createEmptyDatabase();
    await test.database.pool.query(TICKSTOCK_TABLES);
    await test.database.pool.query(GROUP_TABLES);
    await migrate(test.database);
    await test.database.pool.query(
      `do $$ begin create role ${ROLE} login; exception when duplicate_object then null; end $$`,
    );
    pool = new pg.Pool({ connectionString: test.url, options: `-c role=${ROLE}`, max: 5 });
    pool.on('error', () => undefined);
  });

  afterEach(async () => {
    await pool.end();
    await test.database.pool.query(`drop owned by ${ROLE}; drop role ${ROLE}`);
    await test.drop();
  });

  it('are enough on the tables of a host, and without them it is said what to do', async () => {
    await test.database.pool.query(
      `grant usage on schema pipeline to ${ROLE}; grant select on all tables in schema pipeline to ${ROLE}`,
    );
    const refused = await run();
    for (const grant of await listGrants(test.database, ROLE)) await test.database.pool.query(grant);
    const first = await run();
    const second = await run();

    expect(refused).to.be.instanceOf(PipelineError).and.include({ code: 'EOD_DB_PRIVILEGES', retryable: false });
    expect(refused).to.have.property('hint').that.includes('tickstock db grants');
    expect([first, second]).to.deep.equal(['completed', 'completed']);
  });

  it('quote a name that needs it, and give nothing on other tables of the host', async () => {
    const grants = await listGrants(test.database, 'Night "Job"');

    expect(grants.every((grant) => grant.endsWith('to "Night ""Job""";'))).to.equal(true);
    expect(grants.join('\n')).to.not.include('processing_runs');
    expect(grants.find((grant) => grant.includes('public.symbols'))).to.not.include('delete');
  });

  it('do not help on a server that accepts no writes, and a code of its own says so', async () => {
    for (const grant of await listGrants(test.database, ROLE)) await test.database.pool.query(grant);
    await pool.end();
    pool = new pg.Pool({
      connectionString: test.url,
      options: `-c role=${ROLE} -c default_transaction_read_only=on`,
      max: 5,
    });

    const refused = await run();

    expect(refused).to.be.instanceOf(PipelineError).and.include({ code: 'EOD_DB_READ_ONLY' });
  });
});
