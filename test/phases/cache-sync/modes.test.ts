import { expect } from 'chai';
import { CacheSyncPhase } from '../../../phases/cache-sync/phase.js';
import { RULES } from '../../../phases/cache-sync/universes/rules/index.js';
import { TradingCalendar } from '../../../src/core/calendar.js';
import { PipelineError } from '../../../src/core/errors.js';
import type { RunMode } from '../../../src/core/run-mode.js';
import type { SessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { configOf, MONDAY, sync, TUESDAY, writeListings, type Listing } from '../../support/market.js';
import {
  listWritten,
  readCacheRows,
  readChanges,
  readMembers,
  readMembersAsOf,
  readOpenHolds,
  readVersions,
} from './publish/published-state.js';

const MARKET: readonly Listing[] = [
  { symbol: 'AAPL', cap: 3e12, sector: 'Technology', industry: 'Hardware' },
  { symbol: 'NVDA', cap: 4e12, sector: 'Technology', industry: 'Semiconductors' },
  { symbol: 'AMD', cap: 3e11, sector: 'Technology', industry: 'Semiconductors' },
  { symbol: 'SPY', type: 'ETF', name: 'SPDR' },
];

const withThemes = (symbols: readonly string[]) =>
  configOf({ themes: [{ key: 'chips', title: 'Chips', symbols: [...symbols] }] });
const CONFIG = withThemes(['NVDA', 'AMD']);

/** Everything at once: a cap below its band's limit, a new listing, an ETF more, a member gone. */
const NEXT: readonly Listing[] = [
  { symbol: 'AAPL', cap: 1e11, sector: 'Technology', industry: 'Hardware' },
  { symbol: 'NVDA', cap: 4e12, sector: 'Technology', industry: 'Semiconductors' },
  { symbol: 'AMD', cap: 3e11, sector: 'Technology', industry: 'Semiconductors', active: false },
  { symbol: 'NEW', cap: 5e11, sector: 'Energy', listDate: '2026-06-22' },
  { symbol: 'QQQ', type: 'ETF', name: 'Invesco' },
];

describe('a mode of cache sync', () => {
  let test: TestDatabase;
  const run = (mode: RunMode, config = CONFIG, options: { force?: boolean; session?: SessionDate } = {}) =>
    sync(test.database, options.session ?? MONDAY, { config, mode, force: options.force ?? false });

  beforeEach(async () => {
    test = await createTestDatabase();
    await writeListings(test.database, MONDAY, MARKET);
    await run('full');
  });

  afterEach(async () => {
    await test.drop();
  });

  it('themes brings the themes up to date and touches no other row, membership or figure', async () => {
    const [rows, versions, caps] = [
      await readCacheRows(test.database),
      await readVersions(test.database),
      await readCaps(),
    ];
    await writeListings(test.database, MONDAY, NEXT);
    await test.database.pool.query(`update symbols set weighted_shares_outstanding = 1e9 where symbol = 'AAPL'`);

    const report = await run('themes', withThemes(['NVDA', 'AAPL']));

    expect(await readMembers(test.database, 'chips')).to.deep.equal(['AAPL', 'NVDA']);
    expect(listWritten(rows, await readCacheRows(test.database))).to.deep.equal([
      'stock_universe/themes/chips',
      'themes/Chips/list',
    ]);
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['AAPL', 'AMD', 'NVDA']);
    expect((await readVersions(test.database))['valuation']).to.deep.equal(versions['valuation']);
    expect(await readCaps()).to.deep.equal({ ...caps, AAPL: '100000000000', NEW: '500000000000', QQQ: null });
    expect(report.counters).to.include({ universes: 1, added: 1, removed: 1, held: 0 });
    expect(report.summary).to.match(/^only themes: 1 universe, 1 added, 1 removed/);
  });

  it('ipos brings the recent listings up to date, and gives the new member its figures', async () => {
    const rows = await readCacheRows(test.database);
    await writeListings(test.database, MONDAY, NEXT);

    const report = await run('ipos');

    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal(['NEW']);
    // NEW is an energy stock: the contract's map sends it on to two more lists.
    expect(listWritten(rows, await readCacheRows(test.database))).to.deep.equal([
      'stock_universe/ipo/commodity_related',
      'stock_universe/ipo/cyclical',
      'stock_universe/ipo/recent_ipos',
    ]);
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['AAPL', 'AMD', 'NVDA']);
    expect(await readValuations()).to.deep.equal({ AAPL: 3e12, AMD: 3e11, NEW: 5e11, NVDA: 4e12, SPY: null });
    expect(report.counters).to.include({ universes: 14, added: 3, removed: 0 });
  });

  it('market_cap brings bands, rankings and lists up to date and leaves themes, listings and ETF groups alone', async () => {
    const rows = await readCacheRows(test.database);
    await writeListings(test.database, MONDAY, NEXT);

    const report = await run('market_cap', withThemes(['AAPL']));

    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['NEW', 'NVDA']);
    expect(await readMembers(test.database, 'large_cap')).to.deep.equal(['AAPL']);
    expect(await readMembers(test.database, 'top_10_stocks')).to.deep.equal(['AAPL', 'NEW', 'NVDA']);
    expect(await readMembers(test.database, 'chips')).to.deep.equal(['AMD', 'NVDA']);
    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal([]);
    expect(await readMembers(test.database, 'etf_all')).to.deep.equal(['SPY']);
    expect(await readValuations()).to.deep.equal({ AAPL: 1e11, NEW: 5e11, NVDA: 4e12, QQQ: null, SPY: null });
    const written = listWritten(rows, await readCacheRows(test.database));
    expect(written).to.include.members([
      'etf_universe/complete/all_etfs',
      'stock_etf_combo/stock_etf_test/combo_test',
      'stock_stats/universe/summary',
      'stock_universe/complete/all_stocks',
      'stock_universe/sector_leaders/top_10_energy',
    ]);
    expect(written.filter((place) => /themes|\/ipo\/|ETFs\//.test(place))).to.deep.equal([]);
    expect(report.details['tasks']).to.have.all.keys('market_cap_recalculation', 'delisted_cleanup');
  });

  it('retires a theme that is not listed any more only where themes are synced', async () => {
    const other = configOf({ themes: [{ key: 'phones', title: 'Phones', symbols: ['AAPL'] }] });

    await run('market_cap', other);
    const afterMarketCap = await readMembers(test.database, 'chips');
    await run('themes', other);

    expect(afterMarketCap).to.deep.equal(['AMD', 'NVDA']);
    expect(await readMembers(test.database, 'chips')).to.deep.equal([]);
    const rows = await readCacheRows(test.database);
    expect(rows.has('stock_universe/themes/chips')).to.equal(false);
    expect(rows.get('stock_universe/themes/phones')?.value).to.deep.equal(['AAPL']);
    expect(rows.has('stock_universe/market_cap/mega_cap')).to.equal(true);
  });

  it('one after the other come to what one full sync of the same input comes to', async () => {
    await writeListings(test.database, MONDAY, NEXT);
    for (const mode of ['themes', 'ipos', 'market_cap'] as const) await run(mode);

    const after = await run('full');

    const other = await createTestDatabase();
    await writeListings(other.database, MONDAY, MARKET);
    await sync(other.database, MONDAY, { config: CONFIG });
    await writeListings(other.database, MONDAY, NEXT);
    const alone = await sync(other.database, MONDAY, { config: CONFIG });
    const values = async ({ database }: TestDatabase): Promise<Record<string, unknown>> =>
      Object.fromEntries(
        [...(await readCacheRows(database))]
          .filter(([place]) => !place.startsWith('stock_stats/'))
          .map(([place, row]) => [place, row.value]),
      );
    expect(after.hashes?.['membership']).to.equal(alone.hashes?.['membership']);
    expect(await values(test)).to.deep.equal(await values(other));
    await other.drop();
  });

  it('reports the hash of all memberships, as a full sync of the same input does', async () => {
    const config = withThemes(['NVDA']);

    const part = await run('themes', config);
    const whole = await run('full', config);

    expect(part.changed).to.equal(true);
    expect(whole.changed).to.equal(false);
    expect(part.hashes?.['membership']).to.equal(whole.hashes?.['membership']);
  });

  it('repeats nothing that a full sync of the same input has done', async () => {
    const versions = await readVersions(test.database);

    const report = await run('themes');

    expect(report).to.include({ changed: false, held: false });
    expect(report.summary).to.equal('same input as the last time, nothing changed');
    expect(report.counters).to.include({ symbols: 4, stocks: 3, universes: 1, added: 0, removed: 0 });
    expect(await readVersions(test.database)).to.deep.equal(versions);
  });

  it('does not keep a full sync of the earlier input from undoing what it did', async () => {
    await run('themes', withThemes(['NVDA']));

    const report = await run('full');

    expect(report.changed).to.equal(true);
    expect(await readMembers(test.database, 'chips')).to.deep.equal(['AMD', 'NVDA']);
  });

  it('does not keep a full sync of the newer input from doing the rest', async () => {
    await writeListings(test.database, MONDAY, NEXT);
    await run('market_cap');

    await run('full');

    expect(await readMembers(test.database, 'chips')).to.deep.equal(['NVDA']);
    expect(await readMembers(test.database, 'etf_all')).to.deep.equal(['QQQ', 'SPY']);
    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal(['NEW']);
  });

  it('supersedes what the full sync believed, and keeps what was believed before', async () => {
    await run('full', CONFIG, { session: TUESDAY });
    const between = new Date();

    await run('themes', withThemes(['NVDA']), { session: TUESDAY });

    expect(await readMembersAsOf(test.database, 'chips', TUESDAY, between)).to.deep.equal(['AMD', 'NVDA']);
    expect(await readMembersAsOf(test.database, 'chips', TUESDAY)).to.deep.equal(['NVDA']);
    expect(await readMembersAsOf(test.database, 'chips', MONDAY)).to.deep.equal(['AMD', 'NVDA']);
    expect(await readChanges(test.database, 'chips')).to.include('AMD removed THEME_UNLISTED 2026-06-23');
  });

  describe('with universes held', () => {
    const WITHOUT_CAPS = MARKET.map((listing) => ({ ...listing, cap: null, active: listing.symbol === 'AAPL' }));

    beforeEach(async () => {
      await writeListings(test.database, TUESDAY, WITHOUT_CAPS);
      await run('full', CONFIG, { session: TUESDAY });
    });

    it('settles the holds of its own universes and leaves the others open', async () => {
      const before = await readOpenHolds(test.database);

      const report = await run('themes', CONFIG, { session: TUESDAY, force: true });

      expect(before).to.include.members(['2026-06-23 chips', '2026-06-23 mega_cap']);
      expect(await readOpenHolds(test.database)).to.deep.equal(before.filter((hold) => !hold.endsWith(' chips')));
      expect(await readMembers(test.database, 'chips')).to.deep.equal([]);
      expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['AAPL', 'AMD', 'NVDA']);
      expect(report.held).to.equal(false);
    });

    it('says only of its own universes that they are held, when it repeats what is known', async () => {
      const themes = await run('themes', CONFIG, { session: TUESDAY });
      const ipos = await run('ipos', CONFIG, { session: TUESDAY });

      expect(themes).to.include({ changed: false, held: true });
      expect(themes.counters['held']).to.equal(1);
      expect(themes.warnings.filter((warning) => warning.includes(' held: '))).to.deep.equal([
        'stock_universe/themes/chips held: nothing was selected for it, so it keeps its 2 members',
      ]);
      expect(themes.details['tasks']).to.deep.equal({
        theme_rebalancing: { status: 'completed_with_holds', changes: 0 },
      });
      expect(ipos).to.include({ changed: false, held: false });
    });

    it('is not undone by the next full sync of the same input, which says what is still held', async () => {
      await run('themes', CONFIG, { session: TUESDAY, force: true });

      const report = await run('full', CONFIG, { session: TUESDAY });

      expect(report).to.include({ changed: false, held: true });
      expect(report.details['held']).to.include('stock_universe/market_cap/mega_cap');
      expect(report.details['held']).not.to.include('stock_universe/themes/chips');
    });
  });

  describe('before a full sync of the session', () => {
    const refuse = async (work: Promise<unknown>): Promise<PipelineError> => {
      const error: unknown = await work.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.instanceOf(PipelineError);
      return error as PipelineError;
    };

    for (const mode of ['market_cap', 'themes', 'ipos'] as const) {
      it(`${mode} is refused with the command to run first`, async () => {
        const phase = new CacheSyncPhase(test.database, CONFIG, new TradingCalendar());

        const refusal = await refuse(phase.assertRunnable(TUESDAY, mode));
        const later = await refuse(run(mode, CONFIG, { session: TUESDAY }));
        await phase.assertRunnable(MONDAY, mode);
        await phase.assertRunnable(TUESDAY, 'full');

        expect(refusal.code).to.equal('EOD_PHASE_NEEDS');
        expect(refusal.message).to.equal(
          `cache sync in mode ${mode} needs a full one first, which has not completed for 2026-06-23: ` +
            'the newest one is of 2026-06-22',
        );
        expect(refusal.hint).to.equal('run `tickstock run --session 2026-06-23 --phase cache-sync`');
        expect(later.code).to.equal('EOD_PHASE_NEEDS');
      });
    }

    it('themes is refused in an empty database too', async () => {
      const other = await createTestDatabase();
      const phase = new CacheSyncPhase(other.database, CONFIG, new TradingCalendar());

      const refusal = await refuse(phase.assertRunnable(MONDAY, 'themes'));

      expect(refusal.message).to.include('there is none at all');
      await other.drop();
    });
  });

  it('market_cap never reaches an earlier session either', async () => {
    await run('full', CONFIG, { session: TUESDAY });
    const phase = new CacheSyncPhase(test.database, CONFIG, new TradingCalendar());

    const refusal: unknown = await phase.assertRunnable(MONDAY, 'market_cap').catch((error: unknown) => error);

    expect((refusal as PipelineError).code).to.equal('EOD_SESSION_NOT_NEWEST');
  });

  async function readCaps(): Promise<Record<string, string | null>> {
    const { rows } = await test.database.pool.query<{ symbol: string; cap: string | null }>(
      'select symbol, market_cap as cap from symbols',
    );
    return Object.fromEntries(rows.map((row) => [row.symbol, row.cap]));
  }

  async function readValuations(): Promise<Record<string, number | null>> {
    const { rows } = await test.database.pool.query<{ symbol: string; cap: string | null }>(
      'select symbol, market_cap_usd as cap from pipeline.valuation where session = $1 order by symbol',
      [MONDAY],
    );
    return Object.fromEntries(rows.map((row) => [row.symbol, row.cap === null ? null : Number(row.cap)]));
  }
});

describe('the rules of cache sync', () => {
  it('belong to the tasks of the contract', () => {
    const tasks: Record<string, string[]> = {};
    for (const rule of RULES) (tasks[rule.task] ??= []).push(rule.id);

    const ofContract = {
      market_cap_recalculation: [
        'bands',
        'market-leaders',
        'sector-leaders',
        'industry-groups',
        'complete-lists',
        'combination',
        'statistics',
      ],
      theme_rebalancing: ['themes'],
      ipo_universe_assignment: ['recent-ipos'],
      etf_universe_maintenance: ['etf-categories'],
    };
    expect(tasks).to.have.all.keys(Object.keys(ofContract));
    for (const [task, rules] of Object.entries(ofContract)) expect(tasks[task]).to.include.members(rules);
  });
});
