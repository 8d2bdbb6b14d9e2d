import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import { CacheSyncPhase } from '../phases/cache-sync/phase.js';
import { systemClock } from '../src/core/clock.js';
import { TradingCalendar } from '../src/core/calendar.js';
import { RunStore } from '../src/orchestrator/run-store.js';
import { ProgressTracker } from '../src/progress/tracker.js';
import { toTotals } from '../src/orchestrator/announcements.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { importListings, runEvening } from './support/evenings.js';
import { configOf, MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, sync, writeListings, type Listing } from './support/market.js';
import { readMembers } from './phases/cache-sync/published-state.js';
import { assertProjectionShowsMembership, assertReplayGivesMembership } from './phases/cache-sync/invariants.js';

const uni = {
  bands: [
    { key: 'large_cap', title: 'Large', minUsd: 2e9 },
    { key: 'small_cap', title: 'Small', minUsd: 50e6 },
  ],
  delistAfterSessions: 2,
};
const lax: any = configOf({ universes: uni } as any);
const strict: any = configOf({ universes: uni, gates: { minSymbols: 1, coverage: { minPct: 1, minCapPct: 1 }, rowCount: {maxFallPct: 100, maxExchangeFallPct: 100}, unchangedCloses: {warnPct: 100, maxPct: 100} } } as any);
const turn: any = configOf({ universes: uni, gates: { minSymbols: 1, coverage: { minPct: 1, minCapPct: 1 }, rowCount: {maxFallPct: 100, maxExchangeFallPct: 100}, unchangedCloses: {warnPct: 100, maxPct: 100}, turnover: { minMembers: 1, maxPct: 30 } } } as any);
const many = (n: number, extra: Partial<Listing> = {}): Listing[] => Array.from({ length: n }, (_, i) => ({ symbol: `S${i}`, cap: 3e9, sector: 'Tech', ...extra }));

async function run(t: TestDatabase, session: any, config: any, approval?: any, mode: any = 'full', force = false) {
  const phase = new CacheSyncPhase(t.database, config, new TradingCalendar());
  const store = new RunStore(t.database); const tracker = new ProgressTracker(systemClock); const id = randomUUID();
  await store.markInterrupted(new Date());
  const fence = await store.start({ id, session, trigger: 'manual', mode, force, owner: 'test', phases: [phase], configHash: 't', codeVersion: 't' }, new Date());
  tracker.startRun({ runId: id, session, phases: [phase] });
  try {
    const report = await phase.run({ runId: id, session, mode, force, signal: new AbortController().signal, limit: pLimit(4), progress: tracker.startPhase(phase.id), clock: systemClock, approval, completeIn: (tx: any, r: any) => store.completePhase(tx, { id, fence }, phase.id, r, new Date()) } as any);
    await store.finish(id, 'completed', new Date(), { counters: report.counters, totals: toTotals([report]) });
    return `${report.summary} | held=${report.held} changed=${report.changed}`;
  } catch (e: any) { await store.failPhase(id, 'cache-sync', e, new Date()); await store.finish(id, 'failed', new Date(), {counters: {}, totals: toTotals([])}); return `${e.code ?? ''} ${e.message}`; }
}
const q = async (t: TestDatabase, sql: string) => (await t.database.pool.query(sql)).rows;
const holds = (t: TestDatabase) => q(t, `select h.id, h.session::text, u.key, h.gate, h.state, h.decided_by, h.decision_reason, left(h.candidate::text,0) c, left(h.candidate_hash,6) ch, left(h.input_hash,6) ih from pipeline.hold h left join pipeline.universe u on u.id=h.universe_id order by h.id`);
const events = (t: TestDatabase) => q(t, `select session::text, symbol, event, reason, superseded_at is not null as superseded from pipeline.symbol_event order by id`);
const log = (...a: unknown[]) => console.log('   ', ...a.map((x) => (typeof x === 'string' ? x : JSON.stringify(x))));

describe('review', function () {
  this.timeout(300000);
  let t: TestDatabase;
  beforeEach(async () => { t = await createTestDatabase(); });
  afterEach(async () => { await t.drop(); });


  it('3b themes mode with changed input after a delisting', async () => {
    await runEvening(t.database, MONDAY, many(6), { config: lax });
    await runEvening(t.database, TUESDAY, many(5), { config: lax });
    await runEvening(t.database, WEDNESDAY, many(5), { config: lax });
    log(await events(t));
    await t.database.pool.query(`update ohlcv_daily set close = 11 where symbol='S1' and date='${WEDNESDAY}'`);
    log(await run(t, WEDNESDAY, lax, undefined, 'themes'));
    log(await events(t), await q(t, `select symbol, active, delisted_date::text from symbols where symbol='S5'`));
  });

  it('3c held repeat after a delisting', async () => {
    await runEvening(t.database, MONDAY, many(6), { config: strict });
    await runEvening(t.database, TUESDAY, many(5), { config: strict });
    await runEvening(t.database, WEDNESDAY, many(5), { config: strict });
    log(await events(t));
    await importListings(t.database, WEDNESDAY, many(5, { sector: null }));
    log(await run(t, WEDNESDAY, strict));
    log(await events(t), await q(t, `select symbol, active, delisted_date::text from symbols where symbol='S5'`));
    await importListings(t.database, WEDNESDAY, many(5));
    log('good again', await run(t, WEDNESDAY, strict), await events(t));
  });

  it('7b replay after a session approval with turnover', async () => {
    await runEvening(t.database, MONDAY, many(10), { config: turn });
    await importListings(t.database, TUESDAY, many(10).map((l, i) => ({ ...l, sector: null, cap: i < 5 ? 1e9 : 3e9 })));
    log('bad', await run(t, TUESDAY, turn));
    log('approve', await run(t, TUESDAY, turn, { holds: ((await holds(t)) as any[]).filter((x) => x.key === null).map((x) => x.id), by: 'me', reason: '' }));
    log(await readMembers(t.database, 'large_cap'), await readMembers(t.database, 'small_cap'));
    const r = await sync(t.database, TUESDAY, { config: turn, replayFrom: TUESDAY });
    log('replay', r.summary, await readMembers(t.database, 'large_cap'), await readMembers(t.database, 'small_cap'));
    await assertProjectionShowsMembership(t.database).then(() => log('projection ok'), (e) => log('PROJECTION', e.message.slice(0, 200)));
  });

  it('11 held universe keeps somebody found absent', async () => {
    await runEvening(t.database, MONDAY, many(8), { config: turn });
    await runEvening(t.database, TUESDAY, many(7), { config: turn });
    const day = (n: number) => many(7).map((l, i) => (i < n ? { ...l, cap: 1e9 } : l));
    await importListings(t.database, WEDNESDAY, day(3));
    log(await run(t, WEDNESDAY, turn), await events(t));
    await importListings(t.database, THURSDAY, day(1));
    log(await run(t, THURSDAY, turn), await events(t));
    await importListings(t.database, FRIDAY, day(1));
    log(await run(t, FRIDAY, turn), await q(t, `select symbol, valid_from::text, valid_to::text, active from pipeline.symbol_fact where symbol='S7'`));
  });

  it('13 rejected, then repaired', async () => {
    await runEvening(t.database, MONDAY, many(6), { config: strict });
    await importListings(t.database, TUESDAY, many(6, { sector: null }));
    log('bad', await run(t, TUESDAY, strict));
    await t.database.pool.query(`update pipeline.hold set state='rejected', decided_by='ann', decided_at=now(), decision_reason='bad feed'`);
    await importListings(t.database, TUESDAY, many(6));
    log('good', await run(t, TUESDAY, strict), await holds(t));
    log('counts as complete:', await q(t, `select distinct session::text from pipeline.phase_run p where p.phase='import' and not exists (select from pipeline.hold h where h.session=p.session and h.universe_id is null and h.state<>'approved')`));
    await sync(t.database, TUESDAY, { config: strict, replayFrom: TUESDAY });
    log('after replay', await holds(t));
  });

  it('15 adopted host', async () => {
    const real: any = configOf({ universes: { bands: uni.bands } } as any);
    const all = many(600);
    await writeListings(t.database, '2024-01-02' as any, all.slice(0, 60));
    await writeListings(t.database, '2026-06-18' as any, all.slice(60));
    for (const d of [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, '2026-06-29', '2026-06-30'] as any[]) {
      await importListings(t.database, d, all.slice(60).map((l, i) => ({ ...l, close: 10 + Number(d.slice(-2)) / 10, volume: 1000 + i })));
      log(d, (await run(t, d, real)).slice(0, 150));
    }
  });

  it('16 replay leaves the candidate of an open hold', async () => {
    await runEvening(t.database, MONDAY, many(10), { config: turn });
    await importListings(t.database, TUESDAY, many(10).map((l, i) => ({ ...l, cap: i < 2 ? 1e9 : 3e9 })));
    log(await run(t, TUESDAY, turn));
    await importListings(t.database, WEDNESDAY, many(10).map((l, i) => ({ ...l, cap: i < 6 ? 1e9 : 3e9 })));
    log(await run(t, WEDNESDAY, turn), (await holds(t)).filter((x: any) => x.key === 'large_cap'));
    await t.database.pool.query(`update pipeline.source_quote set market_cap_usd=3e9 where session='${TUESDAY}' and symbol='S0'`);
    const r = await sync(t.database, WEDNESDAY, { config: turn, replayFrom: TUESDAY });
    log(r.summary, (await holds(t)).filter((x: any) => x.key === 'large_cap'));
    const ids = ((await holds(t)) as any[]).filter((x) => x.key === 'large_cap' && x.state === 'open').map((x) => x.id);
    log('approve', await run(t, WEDNESDAY, turn, { holds: ids, by: 'me', reason: '' }));
    log('rerun', await run(t, WEDNESDAY, turn));
    log('approve', await run(t, WEDNESDAY, turn, { holds: ids, by: 'me', reason: '' }));
  });

  it('19 a symbol whose row is deleted', async () => {
    for (const [d, n] of [[MONDAY, 3], [TUESDAY, 3], [WEDNESDAY, 3]] as any[]) {
      if (d === WEDNESDAY) await t.database.pool.query(`delete from symbols where symbol='S2'`);
      await runEvening(t.database, d, many(d === WEDNESDAY ? 2 : n), { config: lax });
    }
    log(await readMembers(t.database, 'large_cap'));
    const r = await sync(t.database, WEDNESDAY, { config: lax, replayFrom: WEDNESDAY });
    log(r.summary, await readMembers(t.database, 'large_cap'));
  });

  it('20 import without sync between', async () => {
    await runEvening(t.database, MONDAY, many(3), { config: lax });
    await importListings(t.database, TUESDAY, many(3, { cap: 1e9 }));
    await runEvening(t.database, WEDNESDAY, many(3), { config: lax });
    const r = await sync(t.database, WEDNESDAY, { config: lax, replayFrom: MONDAY });
    log(r.summary, await q(t, `select u.key, symbol, valid_from::text, valid_to::text from pipeline.membership m join pipeline.universe u on u.id=m.universe_id where known_to is null and u.key in ('large_cap','small_cap') and symbol='S0'`));
  });
});
