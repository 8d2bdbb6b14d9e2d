import { expect } from 'chai';
import { HELD_EXIT_CODE } from '../../src/core/errors.js';
import pg from 'pg';
import { createPipeline } from '../../src/container.js';
import { runCli } from '../support/cli.js';
import { runCommand } from '../support/cli-inside.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { MONDAY, TUESDAY, writeListings, type Listing } from '../support/market.js';
import { readVersions } from '../phases/cache-sync/publish/published-state.js';

const MARKET: readonly Listing[] = [
  { symbol: 'BIG', cap: 3e12, sector: 'Energy', industry: 'Oil & Gas', close: 30 },
  { symbol: 'DELL', cap: 9e10, sector: 'Technology', industry: 'Hardware', close: 20 },
  { symbol: 'HPQ', cap: 3e10, sector: 'Technology', industry: 'Hardware', close: 10 },
];

/** Commands of one user in a row: what is held of Tuesday, where the only mega cap has lost its market cap. */
describe('tickstock holds, parity and run --dry-run', () => {
  let test: TestDatabase;
  let pool: pg.Pool;

  before(async () => {
    test = await createTestDatabase();
    pool = new pg.Pool({ connectionString: test.url, max: 5 });
    pool.on('error', () => undefined);
    const pipeline = await createPipeline({ database: pool });
    await writeListings(test.database, MONDAY, MARKET);
    await pipeline.run({ session: MONDAY, phases: ['import', 'cache-sync'] });
    await writeListings(
      test.database,
      TUESDAY,
      MARKET.map((listing) => (listing.symbol === 'BIG' ? { ...listing, cap: null } : { ...listing, cap: 1e10 })),
    );
    await pipeline.run({ session: TUESDAY, phases: ['import'] });
    await pipeline.close();
  });

  after(async () => {
    await pool.end();
    await test.drop();
  });

  const cli = (...args: string[]) => runCommand(args, { DATABASE_URL: test.url });

  async function readHoldId(universe: string): Promise<string> {
    const { stdout } = await cli('holds', '--json');
    const holds = JSON.parse(stdout) as { id: number; universe: string }[];
    return String(holds.find((hold) => hold.universe === universe)?.id);
  }

  it('says what a run would change, and writes nothing', async () => {
    const versions = await readVersions(test.database);

    const [text, json, all] = await Promise.all([
      cli('run', '--phase', 'cache-sync', '--dry-run'),
      cli('run', '--phase', 'cache-sync', '--dry-run', '--json'),
      cli('run', '--dry-run'),
    ]);

    expect(text.exitCode, text.stderr).to.equal(0);
    expect(text.stdout)
      .to.include('Dry run of 2026-06-23: nothing was written')
      .and.match(/stock_universe\/market_cap\/mega_cap +−1 +BIG [A-Z_]+ +held: /)
      .and.match(/update \d+\n/);
    const preview = JSON.parse(json.stdout) as { session: string; universes: { universe: string }[] };
    expect(preview.session).to.equal(TUESDAY);
    expect(preview.universes.map(({ universe }) => universe)).to.include('stock_universe/market_cap/mega_cap');
    expect(all.exitCode).to.equal(2);
    expect(all.stderr).to.include('--phase cache-sync --dry-run');
    expect(await readVersions(test.database)).to.deep.equal(versions);
  });

  it('names what is held after a run, in the list, in the status and one by one', async () => {
    const run = await cli('run', '--phase', 'cache-sync');
    const accepted = await cli('run', '--phase', 'cache-sync', '--recompute', '--holds-ok');
    const id = await readHoldId('mega_cap');
    const [list, status, shown, none, wrong] = await Promise.all([
      cli('holds'),
      cli('status'),
      cli('holds', 'show', id),
      cli('holds', 'show', '4711'),
      cli('holds', 'show', 'mega_cap'),
    ]);

    expect(run.exitCode, run.stderr).to.equal(HELD_EXIT_CODE);
    expect(accepted.exitCode).to.equal(0);
    expect(run.stdout)
      .to.include('! stock_universe/market_cap/mega_cap held: ')
      .and.match(/Next +npx tickstock holds/);
    expect(list.stdout).to.match(new RegExp(`${id} +2026-06-23 +mega_cap +[a-zA-Z_-]+ +−1 +\\w+`));
    expect(status.stdout).to.match(/Holds +\d+ open: tickstock holds/);
    expect(status.stdout).to.match(new RegExp(`${id} +mega_cap −1, `));
    expect(shown.stdout)
      .to.match(/stock_universe\/market_cap\/mega_cap +−1/)
      .and.match(/− BIG +[A-Z_]+/)
      .and.include(`tickstock holds approve ${id}`);
    expect(none.exitCode).to.equal(36);
    expect(wrong.exitCode).to.equal(2);
  });

  it('approves and rejects by number, with who and why, each once', async () => {
    const [mega, energy] = [await readHoldId('mega_cap'), await readHoldId('top_10_energy')];

    const approved = await cli('holds', 'approve', mega, '--reason', 'BIG has left the exchange');
    const rejected = await cli('holds', 'reject', energy, '--reason', 'not yet');
    const [again, all] = await Promise.all([cli('holds', 'approve', mega), cli('holds', '--all')]);

    expect(approved.exitCode, approved.stderr).to.equal(0);
    expect(approved.stdout).to.match(/mega_cap +0 +−1/);
    expect(rejected.stdout).to.include(`Rejected: hold ${energy}`);
    expect(again.exitCode).to.equal(37);
    expect(again.stderr).to.include(`hold ${mega} was approved by `);
    expect(all.stdout)
      .to.match(/approved by \S+@\S+ \S+ \S+: BIG has left the exchange/)
      .and.match(/rejected by \S+@\S+ \S+ \S+: not yet/);
  });

  it('compares the rows of cache_entries with what would be written', async () => {
    await pool.query(`delete from cache_entries where type = 'stock_universe' and key = 'large_cap'`);

    const text = await runCli(['parity'], { environment: { DATABASE_URL: test.url } });
    const json = await cli('parity', '--json');

    expect(text.exitCode).to.equal(39);
    expect(text.stdout).to.match(/Rows that are missing: 1\n +stock_universe\/market_cap\/large_cap/);
    expect(text.stderr).to.include('--dry-run');
    expect(json.exitCode).to.equal(39);
    const { differences } = JSON.parse(json.stdout) as { differences: { kind: string; place: string }[] };
    expect(differences.map(({ kind, place }) => `${kind} ${place}`)).to.include(
      'missing stock_universe/market_cap/large_cap',
    );
  });
});
