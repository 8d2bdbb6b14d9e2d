import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { MONDAY, sync, TUESDAY, writeListings, type Listing } from '../../../support/market.js';
import { readVersions } from './published-state.js';

const SCRIPT = fileURLToPath(new URL('dying-process.ts', import.meta.url));

const marketOn = (day: number): Listing[] =>
  Array.from({ length: 200 }, (_, index) => ({
    symbol: `S${index}`,
    cap: 1e8 * (1 + ((index * 7 + day * 131) % 200)),
    sector: index % 2 === 0 ? 'Energy' : 'Technology',
  }));

describe('a sync that is killed', () => {
  let test: TestDatabase;
  let undisturbed: string | undefined;

  beforeEach(async () => {
    test = await createTestDatabase();
    await writeListings(test.database, MONDAY, marketOn(0));
    await sync(test.database, MONDAY);
    await writeListings(test.database, TUESDAY, marketOn(1));
  });

  afterEach(async () => {
    await test.drop();
  });

  before(async () => {
    const other = await createTestDatabase();
    await writeListings(other.database, MONDAY, marketOn(0));
    await sync(other.database, MONDAY);
    await writeListings(other.database, TUESDAY, marketOn(1));
    undisturbed = (await sync(other.database, TUESDAY)).hashes?.['membership'];
    await other.drop();
  });

  for (const task of ['load', 'select', 'value', 'publish']) {
    it(`when its task ${task} is done leaves nothing, is marked, and the next one comes to the same hash`, async () => {
      const versions = await readVersions(test.database);
      const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, test.url, TUESDAY, task], { stdio: 'inherit' });

      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      await othersAreGone(test);
      const versionsAfter = await readVersions(test.database);
      const report = await sync(test.database, TUESDAY);

      expect(signal).to.equal('SIGKILL');
      expect(versionsAfter).to.deep.equal(versions);
      expect(report.hashes?.['membership']).to.equal(undisturbed);
      const { rows } = await test.database.pool.query(
        'select status, attempt from pipeline.run where session = $1 order by fence',
        [TUESDAY],
      );
      expect(rows).to.deep.equal([
        { status: 'interrupted', attempt: 1 },
        { status: 'completed', attempt: 2 },
      ]);
    });
  }
});

/** The server needs a moment to notice that a client is dead, and only then rolls back. */
async function othersAreGone(test: TestDatabase): Promise<void> {
  for (let tries = 0; tries < 250; tries += 1) {
    const { rowCount } = await test.database.pool.query(
      `select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
    );
    if (rowCount === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the killed process still holds the run lock after 5 s');
}
