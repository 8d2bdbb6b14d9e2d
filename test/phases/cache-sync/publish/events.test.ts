import { expect } from 'chai';
import { CACHE_SYNC_EVENTS } from '../../../../phases/cache-sync/publish/events.js';
import type { EventDraft, PhaseReport } from '../../../../src/core/phase.js';
import { readHolds } from '../../../../src/history/holds.js';
import { readUniverses } from '../../../../src/history/universes.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { assertInCatalogue, FACTS, payloadsOf } from '../../../support/events.js';
import { ANY_CAP, configOf, MONDAY, sync, TUESDAY, writeListings, type Listing } from '../../../support/market.js';

const MARKET: readonly Listing[] = [
  { symbol: 'AAPL', cap: 3e12, sector: 'Technology' },
  { symbol: 'NVDA', cap: 4e12, sector: 'Technology' },
  { symbol: 'AMD', cap: 3e11, sector: 'Technology' },
  { symbol: 'SPY', type: 'ETF', name: 'SPDR' },
];

const configWith = (themes: Readonly<Record<string, readonly string[]>>) =>
  configOf({
    universes: ANY_CAP,
    themes: Object.entries(themes).map(([key, symbols]) => ({ key, title: key, symbols: [...symbols] })),
  });
const CONFIG = configWith({ chips: ['NVDA', 'AMD'] });

describe('the events of a real sync', () => {
  let test: TestDatabase;
  const dataOf = (report: PhaseReport): readonly EventDraft[] => {
    assertInCatalogue(report.events ?? []);
    return report.events ?? [];
  };
  const payloads = (report: PhaseReport, event: string) =>
    dataOf(report)
      .filter((draft) => draft.event === event)
      .map((draft) => draft.payload);
  const completion = (report: PhaseReport) => {
    const drafts = CACHE_SYNC_EVENTS.ended(FACTS, { report, durationMs: 42 });
    assertInCatalogue(drafts);
    return payloadsOf(drafts);
  };

  beforeEach(async () => {
    test = await createTestDatabase();
    await writeListings(test.database, MONDAY, MARKET);
  });

  afterEach(async () => {
    await test.drop();
  });

  it('tell the first time of every universe that people can ask for, by the name they ask for it', async () => {
    const report = await sync(test.database, MONDAY, { config: CONFIG });

    const created = payloads(report, 'universe_updated');
    const shown = await readUniverses(test.database);
    expect(created.map((payload) => [payload['universe'], payload['count']])).to.have.deep.members(
      shown.map((universe) => [universe.universe, universe.count]),
    );
    expect(created.map((payload) => payload['universe'])).to.include.members(['top_1000', 'complete/top_1000']);
    expect(created.find((payload) => payload['universe'] === 'mega_cap')).to.deep.equal({
      universe: 'mega_cap',
      action: 'created',
      reason: 'FIRST_PUBLISH',
      added: ['NVDA', 'AAPL', 'AMD'],
      removed: [],
      count: 3,
      session: MONDAY,
      metadata: { added_count: 3, removed_count: 0, type: 'stock_universe', name: 'market_cap', key: 'mega_cap' },
    });
    expect(payloads(report, 'ipo_assigned')).to.deep.equal([]);
    expect(payloads(report, 'delisting_cleanup')).to.deep.equal([]);
  });

  it('tell later of the universes that changed, with who came and who went', async () => {
    await sync(test.database, MONDAY, { config: CONFIG });
    await writeListings(test.database, TUESDAY, [{ symbol: 'AMD', cap: 1e11, sector: 'Technology' }]);

    const report = await sync(test.database, TUESDAY, { config: CONFIG });

    const outline = payloads(report, 'universe_updated').map(({ universe, action, reason, added, removed, count }) => [
      universe,
      action,
      reason,
      added,
      removed,
      count,
    ]);
    expect(outline).to.deep.equal([
      ['mega_cap', 'updated', 'CAP_LEFT_BAND', [], ['AMD'], 2],
      ['large_cap', 'updated', 'CAP_ENTERED_BAND', ['AMD'], [], 1],
    ]);
    expect(report.details['universesUpdated']).to.deep.equal(['mega_cap', 'large_cap']);
  });

  it('tell of nothing when nothing changed', async () => {
    await sync(test.database, MONDAY, { config: CONFIG });

    const again = await sync(test.database, MONDAY, { config: CONFIG });
    const next = await sync(test.database, TUESDAY, { config: CONFIG });

    expect([...dataOf(again), ...dataOf(next)]).to.deep.equal([]);
    expect(completion(again)['cache_sync_completed']).to.deep.include({
      status: 'completed',
      total_changes: 0,
      universes_updated: [],
      task_results: {
        market_cap_recalculation: { status: 'completed', changes: 0 },
        ipo_universe_assignment: { status: 'completed', changes: 0 },
        delisted_cleanup: { status: 'completed', changes: 0 },
        theme_rebalancing: { status: 'completed', changes: 0 },
        etf_universe_maintenance: { status: 'completed', changes: 0 },
      },
    });
  });

  it('tell of a universe that is gone, by the name it had, and of one that is new', async () => {
    await sync(test.database, MONDAY, { config: configWith({ chips: ['NVDA'], mega_cap: ['AAPL'] }) });

    const report = await sync(test.database, MONDAY, { config: configWith({ phones: ['AAPL'] }), force: true });

    const outline = payloads(report, 'universe_updated').map(({ universe, action, reason, count }) => [
      universe,
      action,
      reason,
      count,
    ]);
    expect(outline).to.deep.equal([
      ['phones', 'created', 'FIRST_PUBLISH', 1],
      ['chips', 'removed', 'THEME_REMOVED', 0],
      ['themes/mega_cap', 'removed', 'THEME_REMOVED', 0],
    ]);
  });

  it('tell of each list that a new listing goes to, when there were recent listings to be told of before', async () => {
    await sync(test.database, MONDAY, { config: CONFIG });
    await writeListings(test.database, TUESDAY, [
      { symbol: 'NEW', cap: 5e9, sector: 'Energy', listDate: TUESDAY },
      { symbol: 'BARE', cap: 1e9, listDate: '2026-06-19' },
    ]);

    const report = await sync(test.database, TUESDAY, { config: CONFIG });

    expect(payloads(report, 'ipo_assigned')).to.deep.equal([
      { symbol: 'NEW', universe: 'recent_ipos', sector: 'Energy', market_cap: 5e9, list_date: TUESDAY },
      { symbol: 'BARE', universe: 'recent_ipos', sector: '', market_cap: 1e9, list_date: '2026-06-19' },
      { symbol: 'NEW', universe: 'commodity_related', sector: 'Energy', market_cap: 5e9, list_date: TUESDAY },
      { symbol: 'NEW', universe: 'cyclical', sector: 'Energy', market_cap: 5e9, list_date: TUESDAY },
      { symbol: 'BARE', universe: 'small_cap_general', sector: '', market_cap: 1e9, list_date: '2026-06-19' },
    ]);
    expect(completion(report)['cache_sync_completed']).to.deep.nested.include({
      'task_results.ipo_universe_assignment': { status: 'completed', changes: 5 },
      'changes_summary.by_type.ipo_assignment': 5,
    });
  });

  it('tell once of all who are not active any more, and count them as cleaned up', async () => {
    await sync(test.database, MONDAY, { config: CONFIG });
    await writeListings(test.database, TUESDAY, [{ symbol: 'AMD', active: false }]);

    const report = await sync(test.database, TUESDAY, { config: CONFIG });

    const [cleanup, ...others] = payloads(report, 'delisting_cleanup');
    expect(others).to.deep.equal([]);
    expect(cleanup).to.deep.include({ removed_count: 1, symbols: ['AMD'] });
    expect(cleanup?.['universes']).to.include.members(['mega_cap', 'top_10_technology', 'chips', 'all_stocks']);
    const { cache_sync_completed: completed, cache_sync_phase_completed: phase } = completion(report);
    const removals = report.counters['removed'];
    expect(completed).to.deep.nested.include({
      total_changes: removals,
      'task_results.delisted_cleanup': { status: 'completed', changes: removals },
      'task_results.theme_rebalancing': { status: 'completed', changes: 0 },
      'changes_summary.by_type': { delisting_cleanup: removals },
      'changes_summary.by_action': { added: 0, removed: removals },
      'changes_summary.most_active_universe': ['mega_cap', 1],
    });
    expect(phase).to.deep.include({ status: 'completed', percent_complete: 100, total_changes: removals });
    expect(phase).to.include({ completed: 3, total_items: 3, current_task: '', duration_seconds: 0.042 });
  });

  it('count who is not active any more with the other changes of a mode that cleans up nothing, and tell of no cleanup', async () => {
    await sync(test.database, MONDAY, { config: CONFIG });
    await writeListings(test.database, MONDAY, [{ symbol: 'AMD', active: false }]);

    const report = await sync(test.database, MONDAY, { config: CONFIG, mode: 'themes' });

    expect(payloads(report, 'delisting_cleanup')).to.deep.equal([]);
    expect(payloads(report, 'universe_updated')).to.have.length(1);
    expect(payloads(report, 'universe_updated')[0]).to.deep.include({
      universe: 'chips',
      reason: 'INACTIVE',
      removed: ['AMD'],
    });
    expect(completion(report)['cache_sync_completed']).to.deep.include({
      total_changes: 1,
      task_results: { theme_rebalancing: { status: 'completed', changes: 1 } },
    });
    expect(completion(report)['cache_sync_completed']).to.deep.nested.include({
      'changes_summary.by_type': { theme_rebalance: 1 },
    });
  });

  it('list no more than a hundred symbols, and count all', async () => {
    await sync(test.database, MONDAY, { config: CONFIG });
    const many = Array.from({ length: 150 }, (_, index) => ({ symbol: `S${index}`, cap: 5e9 - index }));
    await writeListings(test.database, TUESDAY, many);
    const added = await sync(test.database, TUESDAY, { config: CONFIG });
    await writeListings(
      test.database,
      TUESDAY,
      many.map((listing) => ({ ...listing, active: false })),
    );

    const removed = await sync(test.database, TUESDAY, { config: CONFIG });

    const find = (report: PhaseReport) =>
      payloads(report, 'universe_updated').find((payload) => payload['universe'] === 'all_stocks');
    expect(find(added)?.['added']).to.have.length(100);
    expect(find(added)).to.deep.nested.include({ count: 153, 'metadata.added_count': 150 });
    expect(find(removed)?.['removed']).to.have.length(100);
    const [cleanup] = payloads(removed, 'delisting_cleanup');
    expect(cleanup?.['removed_count']).to.equal(150);
    expect(cleanup?.['symbols']).to.have.length(100);
  });

  it('are completed also where universes were held, and say of which task', async () => {
    await sync(test.database, MONDAY, { config: CONFIG });
    await writeListings(
      test.database,
      TUESDAY,
      MARKET.map((listing) => ({ ...listing, cap: null })),
    );

    const report = await sync(test.database, TUESDAY, { config: CONFIG });

    expect(report.held).to.equal(true);
    expect(completion(report)['cache_sync_completed']).to.deep.nested.include({
      status: 'completed_with_holds',
      'task_results.market_cap_recalculation': { status: 'completed_with_holds', changes: 0 },
      'task_results.etf_universe_maintenance': { status: 'completed', changes: 0 },
    });
    expect(completion(report)['cache_sync_phase_completed']).to.include({ status: 'completed_with_holds' });
  });

  it('say of every hold that was opened what and why, once', async () => {
    await sync(test.database, MONDAY, { config: CONFIG });
    await writeListings(
      test.database,
      TUESDAY,
      MARKET.map((listing) => ({ ...listing, cap: null })),
    );

    const first = await sync(test.database, TUESDAY, { config: CONFIG });
    const second = await sync(test.database, TUESDAY, { config: configWith({ chips: ['NVDA'] }) });

    const opened = payloads(first, 'hold_opened');
    const open = await readHolds(test.database, { limit: 100 });
    expect(opened.map((payload) => payload['hold_id'])).to.have.members(open.map(({ id }) => id));
    expect(opened.map((payload) => payload['universe'])).to.have.members(open.map(({ universe }) => universe));
    expect(opened.find((payload) => payload['universe'] === 'complete/top_1000')).to.deep.include({
      session: TUESDAY,
      gate: 'empty-selection',
      added_count: 0,
      removed_count: 3,
    });
    expect(payloads(second, 'hold_opened')).to.deep.equal([]);
  });
});
