import { expect } from 'chai';
import type { PhaseReport } from '../../../../src/core/phase.js';
import type { SessionDate } from '../../../../src/core/session.js';
import type { Database } from '../../../../src/db/database.js';
import { importListings, runEvening } from '../../../support/evenings.js';
import { configOf, MONDAY, sync, THURSDAY, TUESDAY, WEDNESDAY, type Listing } from '../../../support/market.js';
import { assertProjectionShowsMembership, assertReplayGivesMembership } from '../invariants.js';
import { readCacheRows, readMembers, readMembersAsOf } from '../publish/published-state.js';
import { useReplay, plain, readState } from './replay-fixture.js';

describe('a replay and holds', () => {
  const given = useReplay();

  it('shows universes that it holds in every session with the members they had before', async () => {
    const listing = (symbol: string, cap: number): Listing => {
      return { symbol, cap, sector: 'Technology', industry: 'Software' };
    };
    const etfs = ['SPY', 'QQQ'].map((symbol): Listing => ({ symbol, type: 'ETF', name: symbol }));
    const options = {
      config: configOf({ universes: { industryGroups: { groups: 2, minStocks: 1, size: 3 } } }),
    };
    const [a, b, c] = [listing('A', 3e9), listing('B', 4e9), listing('C', 9e9)];
    const gone: Listing = { symbol: 'GONE', cap: 2e9, close: null, active: false };
    await runEvening(given.test.database, MONDAY, [a, listing('GONE', 2e9), ...etfs], options);
    await runEvening(given.test.database, TUESDAY, [a, b, c, gone, ...etfs], options);
    await given.test.database.pool.query('update pipeline.source_quote set market_cap_usd = 0 where session = $1', [
      TUESDAY,
    ]);
    // A row of `symbols` may be compared again at any time: what it says must be what the source says, or a host has written it.
    await given.test.database.pool.query('update symbols set market_cap = 0');

    const report = await sync(given.test.database, TUESDAY, { ...options, replayFrom: TUESDAY });

    expect(report.held).to.equal(true);
    expect(await readMembers(given.test.database, 'software')).to.deep.equal(['A', 'GONE']);
    const rows = await readCacheRows(given.test.database);
    expect(rows.get('stock_universe/industry/software')?.value).to.deep.include({ sector: 'Technology', count: 2 });
    expect(rows.get('stock_etf_combo/stock_etf_test/combo_test')?.value).to.deep.equal(['A', 'GONE', 'SPY', 'QQQ']);
    await assertProjectionShowsMembership(given.test.database);
    await assertReplayGivesMembership(given.test.database);
  });

  it('lets through what an approval and what force let through, and nothing that nobody decided about', async () => {
    const [low, high] = [
      ['E', 'F'],
      ['A', 'B', 'C'],
    ];
    const day = (large: readonly string[], close: number): Listing[] =>
      toLargeDay((symbol) => (large.includes(symbol) ? 3e9 : 1e9), [...low, ...high], close);
    await runEvening(given.test.database, MONDAY, day(high, 10), { config: gated });
    const held = await runEvening(given.test.database, TUESDAY, day(low, 10), { config: gated });
    await approve(given.test.database, TUESDAY);
    await importListings(given.test.database, WEDNESDAY, day(high, 10));
    const forced = await sync(given.test.database, WEDNESDAY, { config: gated, force: true });
    // Held at first as a repetition, and settled by itself when the true closes came.
    await runEvening(given.test.database, THURSDAY, day(high, 10), { config: gated });
    const settled = await runEvening(given.test.database, THURSDAY, day(high, 11), { config: gated });
    const before = await readState(given.test.database);

    const report = await sync(given.test.database, THURSDAY, { config: gated, replayFrom: TUESDAY });
    const after = await readState(given.test.database);
    await given.test.database.pool.query('update ohlcv_daily set close = 10 where date = $1', [THURSDAY]);
    await sync(given.test.database, THURSDAY, { config: gated, replayFrom: TUESDAY });

    expect([held.held, forced.held, settled.held, report.held]).to.deep.equal([true, false, false, false]);
    expect(report.counters).to.include({ corrected: 0 });
    expect(after).to.deep.equal(before);
    expect(await readMembersAsOf(given.test.database, 'large_cap', TUESDAY)).to.deep.equal(low);
    expect(await readMembersAsOf(given.test.database, 'large_cap', WEDNESDAY)).to.deep.equal(high);
    expect(await readInForce(given.test.database)).to.deep.equal([`${THURSDAY} unchanged-closes open`]);
    await assertProjectionShowsMembership(given.test.database);
  });

  it('lifts what it does not hold any more, holds it again when that comes back, and shows it so that it can be approved', async () => {
    const day = (caps: readonly number[], close: number): Listing[] =>
      toLargeDay((_, index) => caps[index] ?? 0, Array.from('ABCD'), close);
    await runEvening(given.test.database, MONDAY, day([3e9, 3e9, 1e9, 1e9], 10), { config: gated });
    await runEvening(given.test.database, TUESDAY, day([3e9, 3e9, 1e9, 1e9], 10), { config: gated });
    await runEvening(given.test.database, WEDNESDAY, day([1e9, 3e9, 3e9, 3e9], 10), { config: gated });
    const write = (session: SessionDate, close: number) =>
      given.test.database.pool.query('update ohlcv_daily set close = $2 where date = $1', [session, close]);
    const replay = () => sync(given.test.database, WEDNESDAY, { config: gated, replayFrom: TUESDAY });
    const found = await readInForce(given.test.database);

    await write(TUESDAY, 11);
    await replay();
    const lifted = await readInForce(given.test.database);
    await write(TUESDAY, 10);
    // B goes where A was to go.
    const swapped = `case symbol when 'A' then 4e9 when 'B' then 1e9 else 3e9 end where symbol in ('A', 'B')`;
    await given.test.database.pool.query(
      `update pipeline.source_quote set market_cap_usd = ${swapped} and session = $1`,
      [WEDNESDAY],
    );
    await given.test.database.pool.query(`update symbols set market_cap = ${swapped}`);
    await replay();
    const again = await readInForce(given.test.database);
    const approved = await approve(given.test.database, WEDNESDAY);

    expect(found).to.deep.equal([`${TUESDAY} unchanged-closes rejected`, `${WEDNESDAY} unchanged-closes open`]);
    expect(lifted).to.deep.equal([`${WEDNESDAY} turnover open`]);
    expect(again).to.deep.equal(found);
    expect(approved.held).to.equal(false);
    expect(await readMembers(given.test.database, 'large_cap')).to.deep.equal(['A', 'C', 'D']);
    await assertProjectionShowsMembership(given.test.database);
    await assertReplayGivesMembership(given.test.database);
  });
});

/** Gates that judge markets of a handful of symbols too. */
const gated = configOf({
  universes: plain.universes,
  gates: { minSymbols: 2, unknownSector: { maxPct: 100 }, turnover: { minMembers: 2, minChanges: 1 } },
});

/** With preferreds beside the stocks, that closes are judged at all. */
function toLargeDay(
  capOf: (symbol: string, index: number) => number,
  symbols: readonly string[],
  close: number,
): Listing[] {
  return [
    ...symbols.map((symbol, index) => ({ symbol, close, cap: capOf(symbol, index) })),
    ...Array.from({ length: 100 }, (_, index) => ({ symbol: `PFD${index}`, type: 'PFD', close })),
  ];
}

/** Lets through everything that is open of a session, as somebody would. */
async function approve(database: Database, session: SessionDate): Promise<PhaseReport> {
  const { rows } = await database.pool.query<{ id: number }>(
    `select id from pipeline.hold where state = 'open' and session = $1`,
    [session],
  );
  const approval = { holds: rows.map(({ id }) => id), by: 'ann', reason: 'looked at it' };
  return sync(database, session, { config: gated, approval });
}

/** Holds in force as `session gate state`, those of several universes once. */
async function readInForce(database: Database): Promise<string[]> {
  const { rows } = await database.pool.query<{ text: string }>(
    `select distinct concat_ws(' ', session, gate, state) as text from pipeline.hold
     where state <> 'approved' and lifted_at is null order by 1`,
  );
  return rows.map((row) => row.text);
}
