import { expect } from 'chai';
import fc from 'fast-check';
import type { SessionDate } from '../../../../src/core/session.js';
import type { Database } from '../../../../src/db/database.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { importListings, runEvening } from '../../../support/evenings.js';
import { configOf, listings, sync, WEEK, type Listing } from '../../../support/market.js';
import { dumpTables } from '../../../support/table-dump.js';
import { assertNoOverlap, assertProjectionShowsMembership, assertReplayGivesMembership } from '../invariants.js';
import { empty } from '../publish/published-state.js';

const SYMBOLS = [...Array.from('ABCDEFGHIJ'), 'SPY', "Q'"];

/** Short lists that every day changes, buffers, themes with a stay, delistings after two sessions, and gates that hold small markets. */
const config = configOf({
  universes: {
    bands: [
      { key: 'large_cap', title: 'Large', minUsd: 2e9 },
      { key: 'small_cap', title: 'Small', minUsd: 50e6 },
    ],
    rankings: [
      { key: 'top_3', title: 'Top 3', size: 3 },
      { key: 'movers_2', title: 'Movers', size: 2, measure: 'return', sessions: 1 },
      { key: 'liquid_2', title: 'Liquid', size: 2, measure: 'dollarVolume', order: 'lowest', minPriceUsd: 1 },
    ],
    sectorLeaders: { size: 2 },
    industryGroups: { groups: 2, minStocks: 2, size: 2 },
    complete: { stocks: 4, etfs: 2 },
    combination: { stocks: 2, etfs: ['SPY'] },
    delistAfterSessions: 2,
    suspectCaps: { factor: 3, acceptAfterSessions: 2 },
    banding: [{ universe: 'top_3', publish: 'both', inRatio: 0.7, outRatio: 1.4 }],
  },
  gates: { minSymbols: 4, unknownSector: { maxPct: 80 }, turnover: { minMembers: 3, minChanges: 1, minPct: 60 } },
  themes: [
    { key: 'fuels', title: 'Fuels', symbols: ['A'], rules: { all: [{ sector: ['Energy'] }] }, minStaySessions: 2 },
  ],
});

/** What happens to a session after its evening, each followed by another sync of it. */
type Correction =
  | { readonly kind: 'import'; readonly listings: readonly Listing[] }
  | { readonly kind: 'host'; readonly set: string }
  | { readonly kind: 'bar'; readonly symbol: string; readonly close: number }
  | { readonly kind: 'force' | 'approve' };

const correction: fc.Arbitrary<Correction> = fc.oneof(
  fc.record({ kind: fc.constant('import' as const), listings: listings(SYMBOLS) }),
  fc.record({
    kind: fc.constant('host' as const),
    set: fc.constantFrom(
      `sector = 'Energy' where symbol < 'D'`,
      // Where shares are known the figure is the product's own, and a sync that finds the same input leaves it.
      `market_cap = 5e9 where symbol in ('B', 'E', 'H') and weighted_shares_outstanding is null`,
      `market_cap = null where symbol > 'C' and weighted_shares_outstanding is null`,
      `active = false where symbol = 'F'`,
      `active = true, delisted_date = null where symbol < 'F'`,
      `weighted_shares_outstanding = null where symbol = 'G'`,
    ),
  }),
  fc.record({
    kind: fc.constant('bar' as const),
    symbol: fc.constantFrom('A', 'C', 'J'),
    close: fc.constantFrom(2, 25),
  }),
  fc.record({ kind: fc.constantFrom('force' as const, 'approve' as const) }),
);

const evenings = fc.array(fc.tuple(listings(SYMBOLS), fc.array(correction, { maxLength: 2 })), {
  minLength: 2,
  maxLength: WEEK.length,
});

/** To shrink a week takes minutes. */
const runs = { numRuns: 15, endOnFailure: true };

describe('an evening and a replay of it', function () {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(async () => {
    await test.drop();
  });

  it('leave the same rows in every table, whatever the market and whatever was corrected', async () => {
    await fc.assert(
      fc.asyncProperty(evenings, fc.nat(4), async (days, start) => {
        await empty(test.database);
        for (const [index, [day, corrections]] of days.entries()) {
          const session = WEEK[index] as SessionDate;
          await runEvening(test.database, session, day, { config });
          for (const each of corrections) await correct(test.database, session, each);
        }
        const last = WEEK[days.length - 1] as SessionDate;
        const evening = await dumpTables(test.database);

        const report = await sync(test.database, last, {
          config,
          replayFrom: WEEK[start % days.length] as SessionDate,
        });

        const replay = await dumpTables(test.database);
        for (const table of Object.keys(evening)) expect(replay[table], table).to.deep.equal(evening[table]);
        expect(report.counters).to.include({ corrected: 0 });
        await assertNoOverlap(test.database);
        await assertReplayGivesMembership(test.database);
        await assertProjectionShowsMembership(test.database);
      }),
      runs,
    );
  });
});

async function correct(database: Database, session: SessionDate, each: Correction): Promise<void> {
  if (each.kind === 'import') await importListings(database, session, each.listings);
  if (each.kind === 'host') await database.pool.query(`update symbols set ${each.set}`);
  if (each.kind === 'bar') {
    const { symbol, close } = each;
    await database.pool.query('update ohlcv_daily set close = $1 where symbol = $2 and date = $3', [
      close,
      symbol,
      session,
    ]);
  }
  if (each.kind !== 'approve') {
    await sync(database, session, { config, force: each.kind === 'force' });
    return;
  }
  const { rows } = await database.pool.query<{ id: number }>(
    `select id from pipeline.hold where state = 'open' and session = $1`,
    [session],
  );
  if (rows.length === 0) return;
  await sync(database, session, { config, approval: { holds: rows.map(({ id }) => id), by: 'ann', reason: '' } });
}
