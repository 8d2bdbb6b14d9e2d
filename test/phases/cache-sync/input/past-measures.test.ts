import { expect } from 'chai';
import { readPastMeasures } from '../../../../phases/cache-sync/input/read-past-measures.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import type { SessionDate } from '../../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { runEvening } from '../../../support/evenings.js';
import {
  configOf,
  FRIDAY,
  MONDAY,
  sync,
  THURSDAY,
  TUESDAY,
  WEDNESDAY,
  writeListings,
  type Listing,
} from '../../../support/market.js';
import { assertReplayGivesMembership } from '../invariants.js';
import { readMembers, readMembersAsOf } from '../publish/published-state.js';

const calendar = new TradingCalendar();
const RETURN_2 = { name: 'return', sessions: 2 } as const;
const VOLATILITY_5 = { name: 'volatility', sessions: 5 } as const;
const config = configOf({
  universes: {
    rankings: [
      { key: 'movers', title: 'Movers', size: 2, measure: 'return', sessions: 2 },
      { key: 'wild', title: 'Wild', size: 2, measure: 'volatility', sessions: 5 },
    ],
    suspectCaps: { largeCapUsd: 1e12 },
  },
  gates: { minSymbols: 0, unknownSector: { maxPct: 100 } },
});

describe('figures over several sessions', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  const write = async (
    closes: Readonly<Record<string, readonly (number | null)[]>>,
    sessions: readonly SessionDate[],
  ) => {
    for (const [index, session] of sessions.entries()) {
      const listings = Object.entries(closes).flatMap(([symbol, own]): Listing[] => {
        const close = own[index] ?? null;
        return close === null ? [] : [{ symbol, close, cap: 1e9 }];
      });
      await writeListings(test.database, session, listings);
    }
  };
  const read = (session: SessionDate, given = config) =>
    test.database.transaction(({ client }) => readPastMeasures(client, session, given, calendar));

  it('are of the closes that many sessions before, to the last digit', async () => {
    await write({ UP: [10, 11, 13], SAME: [5, 7, 5], YOUNG: [null, 4, 8] }, [MONDAY, TUESDAY, WEDNESDAY]);

    const measures = await read(WEDNESDAY);

    expect(measures.valueOf(RETURN_2, 'UP', undefined)).to.be.closeTo(30, 1e-9);
    expect(measures.valueOf(RETURN_2, 'SAME', undefined)).to.equal(0);
    expect(measures.valueOf(RETURN_2, 'YOUNG', undefined)).to.equal(null);
    expect(measures.valueOf(VOLATILITY_5, 'UP', undefined)).to.equal(null);
  });

  it('of volatility are the sample standard deviation of daily log returns, × √252, in percent', async () => {
    const sessions = [calendar.previous(MONDAY), MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY];
    await write({ WILD: [100, 110, 99, 99, 108.9, 108.9] }, sessions);

    const volatility = (await read(FRIDAY)).valueOf(VOLATILITY_5, 'WILD', undefined);

    // Returns ln 1.1, ln 0.9, 0, ln 1.1, 0 by hand: mean 0.017052, sum of squares 0.0292688, less 5 × mean²: 0.0278150, / 4: 0.0069537, √: 0.0833890.
    expect(volatility).to.be.closeTo(0.083389 * Math.sqrt(252) * 100, 0.001);
  });

  it('compare prices across a split that is known, and none across a move that nothing explains', async () => {
    await write({ SPLIT: [100, 102, 26], DOUBT: [100, 102, 26] }, [MONDAY, TUESDAY, WEDNESDAY]);
    await test.database.pool.query(
      `insert into pipeline.corporate_action (symbol, session, kind, new_shares, old_shares, source, entered_by, known_from)
       values ('SPLIT', $1, 'split', 4, 1, 'person', 'ann', now())`,
      [WEDNESDAY],
    );
    await test.database.pool.query(
      `insert into pipeline.exception (kind, symbol, session, reason, state, evidence, known_at)
       values ('PRICE_MOVE', 'DOUBT', $1, 'a move', 'open', '{}', now())`,
      [WEDNESDAY],
    );

    const measures = await read(WEDNESDAY);

    expect(measures.valueOf(RETURN_2, 'SPLIT', undefined)).to.be.closeTo(4, 1e-9);
    expect(measures.valueOf(RETURN_2, 'DOUBT', undefined)).to.equal(null);
  });

  it('are not read where no ranking asks for them', async () => {
    await write({ UP: [10, 11, 13] }, [MONDAY, TUESDAY, WEDNESDAY]);

    const measures = await read(WEDNESDAY, configOf());

    expect(measures.valueOf(RETURN_2, 'UP', undefined)).to.equal(null);
  });

  it('leave out a held session, and not the session itself', async () => {
    await write({ UP: [10, 11, 500, 12] }, [MONDAY, TUESDAY, WEDNESDAY, THURSDAY]);
    const hold = (session: SessionDate) =>
      test.database.pool.query(
        `with run as (
           insert into pipeline.run (id, session, trigger, mode, force, phases, status, started_at)
           values (gen_random_uuid(), $1, 'manual', 'full', false, '{cache-sync}', 'completed', now()) returning id
         )
         insert into pipeline.hold (run_id, session, gate, state, created_at) select id, $1, 'volume', 'open', now() from run`,
        [session],
      );
    await hold(WEDNESDAY);
    await hold(THURSDAY);

    const measures = await read(THURSDAY);

    expect(measures.valueOf(RETURN_2, 'UP', undefined)).to.be.closeTo(20, 1e-9);
  });

  it('go on under a new ticker from its first session, and a replay selects the same', async () => {
    const rest: readonly Listing[] = ['AAA', 'BBB', 'CCC'].map((symbol, index) => ({
      symbol,
      cap: 20_000_000_001 + index,
    }));
    const old: Listing = { symbol: 'OLD', name: 'Old Name Corp. Common Stock', cap: 3_141_592_650 };
    const renamed: Listing = { ...old, symbol: 'NEW', close: 11, cap: 3_455_751_915 };
    const evening = (session: SessionDate, listing: Listing) =>
      runEvening(test.database, session, [...rest, listing], { config });
    await evening(MONDAY, old);
    await evening(TUESDAY, old);
    await evening(WEDNESDAY, renamed);
    const found = await readMembers(test.database, 'movers');
    await evening(THURSDAY, renamed);

    const report = await sync(test.database, THURSDAY, { config, replayFrom: MONDAY });

    expect(found).to.deep.equal(['CCC', 'NEW']);
    expect(await readMembers(test.database, 'movers')).to.deep.equal(['CCC', 'NEW']);
    expect(await readMembersAsOf(test.database, 'movers', WEDNESDAY)).to.deep.equal(['CCC', 'NEW']);
    expect(report.counters).to.include({ corrected: 0 });
    await assertReplayGivesMembership(test.database);
  });

  it('count the closes of the former ticker by a split of the same evening, and are none across a move that nothing explains', async () => {
    await write({ OLD: [10, 12], NEW: [null, null, 3.6], FORMER: [10, 12], LATER: [null, null, 3.6] }, [
      MONDAY,
      TUESDAY,
      WEDNESDAY,
    ]);
    await test.database.pool.query(
      `insert into pipeline.corporate_action (symbol, session, kind, new_shares, old_shares, source, entered_by, known_from)
       values ('NEW', $1, 'split', 4, 1, 'person', 'ann', now())`,
      [WEDNESDAY],
    );
    await test.database.pool.query(
      `insert into pipeline.exception (kind, symbol, session, reason, state, evidence, known_at)
       values ('PRICE_MOVE', 'LATER', $1, 'a move', 'open', '{}', now())`,
      [WEDNESDAY],
    );

    const measures = await read(WEDNESDAY);

    expect(measures.valueOf(RETURN_2, 'NEW', 'OLD')).to.be.closeTo(44, 1e-6);
    expect(measures.valueOf(RETURN_2, 'LATER', 'FORMER')).to.equal(null);
    expect(measures.valueOf(RETURN_2, 'NEW', 'NOBODY')).to.equal(null);
  });
});
