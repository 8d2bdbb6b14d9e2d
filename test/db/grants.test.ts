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
      ({ status, error }) => error ?? status,
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

  it('are not enough where row-level security hides rows, which is refused and found beforehand', async () => {
    for (const grant of await listGrants(test.database, ROLE)) await test.database.pool.query(grant);
    const findings = async (): Promise<unknown> => {
      const pipeline = await createPipeline({ database: pool, schema: 'examine' });
      const results = await pipeline.examine();
      await pipeline.close();
      return results.find(({ check }) => check === 'privileges')?.finding ?? null;
    };
    await test.database.pool.query(`
      insert into symbols (symbol, name) values ('F', 'of the host');
      alter table symbols enable row level security;
      create policy part on symbols for all to ${ROLE} using (symbol < 'C') with check (true)`);

    const found = await findings();
    const refused = await run();
    await test.database.pool.query(`create policy tickstock on symbols to ${ROLE} using (true) with check (true)`);

    expect(found).to.deep.include({
      fix: 'create policy tickstock on public.symbols to USER using (true) with check (true)',
    });
    expect(refused).to.be.instanceOf(PipelineError).and.include({ code: 'EOD_DB_PRIVILEGES' });
    expect(refused).to.have.property('hint').that.includes('create policy');
    expect(await findings()).to.equal(null);
    expect(await run()).to.equal('completed');
  });

  it('leave triggers and constraints of the host in force, and say which one refuses a value', async () => {
    for (const grant of await listGrants(test.database, ROLE)) await test.database.pool.query(grant);
    await test.database.pool.query(`
      create function seen() returns trigger language plpgsql as $$ begin new.last_updated = '2001-01-01'; return new; end $$;
      create trigger seen before insert or update on symbols for each row execute function seen();
      alter table ohlcv_daily add constraint host_price check (close > 1e6) not valid`);

    const refused = await run();
    await test.database.pool.query('alter table ohlcv_daily drop constraint host_price');
    const completed = await run();
    const { rows } = await test.database.pool.query<{ seen: string }>(
      "select distinct last_updated::date::text as seen from symbols where symbol in ('AAPL', 'F', 'AMX')",
    );

    expect(refused).to.be.instanceOf(PipelineError).and.include({ code: 'EOD_PHASE_FAILED' });
    expect(refused).to.have.property('message').that.includes('host_price');
    expect(refused).to.have.property('hint').that.includes('the constraint is of your table');
    expect(completed).to.equal('completed');
    expect(rows).to.deep.equal([{ seen: '2001-01-01' }]);
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
