import { expect } from 'chai';
import type { SessionDate } from '../../../src/core/session.js';
import { forgetScan, scanPrices, skipScans } from '../../../src/securities/actions/scan-prices.js';
import { FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY } from '../../support/market.js';
import { calendar, useBars } from './actions-fixture.js';

describe('comparing the prices of a session with those before', () => {
  const { database, bring, readKnown, readDoubts } = useBars();

  it('records splits and payments, doubts what nothing explains, and is silent about the rest', async () => {
    await bring(MONDAY, { SPLIT: [2411.64, null], PAID: [76, null], MOVED: [298.99, null], STILL: [50, null] });

    const found = await bring(TUESDAY, {
      SPLIT: [254.54, 241.164],
      PAID: [53.66, 53],
      MOVED: [73.81, 298.99],
      STILL: [51, 50],
      NEW: [20, null],
    });

    expect(found).to.deep.equal({ actions: 2, doubts: 1 });
    expect(await readKnown()).to.deep.equal([
      `PAID ${TUESDAY} distribution 23 derived`,
      `SPLIT ${TUESDAY} split 10:1 derived`,
    ]);
    expect(await readDoubts()).to.deep.equal([`MOVED ${TUESDAY} UNADJUSTED open`]);
  });

  it('finds the same again without another row', async () => {
    await bring(MONDAY, { SPLIT: [100, null], MOVED: [298.99, null] });
    const day = { SPLIT: [10, 10], MOVED: [73.81, 298.99] } as const;
    await bring(TUESDAY, day);

    await bring(TUESDAY, day);

    const { rows } = await database().pool.query(
      `select (select count(*) from pipeline.corporate_action)::int as actions, (select count(*) from pipeline.exception)::int as doubts`,
    );
    expect(rows).to.deep.equal([{ actions: 1, doubts: 1 }]);
  });

  it('takes back what corrected bars do not show any more, and keeps that it was known', async () => {
    await bring(MONDAY, { SPLIT: [100, null], MOVED: [298.99, null] });
    await bring(TUESDAY, { SPLIT: [10.5, 10], MOVED: [73.81, 298.99] });

    await bring(TUESDAY, { SPLIT: [99, 100], MOVED: [295, 298.99] });

    expect([await readKnown(), await readDoubts()]).to.deep.equal([[], []]);
    const { rows } = await database().pool.query(
      `select a.known_to is not null as "isEnded", e.state from pipeline.corporate_action a cross join pipeline.exception e`,
    );
    expect(rows).to.deep.equal([{ isEnded: true, state: 'superseded' }]);
  });

  describe('in a feed with prices a thousand times too high', () => {
    const at = (factor: number): Record<string, readonly [number, number]> =>
      Object.fromEntries(Array.from({ length: 120 }, (_, each) => [`S${each}`, [20 * factor, 20 * factor] as const]));
    const hold = (session: SessionDate) =>
      database().pool.query(
        `with run as (
           insert into pipeline.run (id, session, trigger, mode, force, phases, status, started_at)
           values (gen_random_uuid(), $1, 'manual', 'full', false, '{}', 'completed_with_holds', now()) returning id
         )
         insert into pipeline.hold (run_id, session, gate, created_at) select id, $1, 'suspect-caps', now() from run`,
        [session],
      );

    it('finds nothing, and compares the right session after it with the one before that was held', async () => {
      await bring(MONDAY, at(1));
      const flooded = await bring(TUESDAY, at(1000));
      await hold(TUESDAY);

      const after = await bring(WEDNESDAY, { ...at(1), S0: [2, 2], S1: [20.5, 20.1] });

      expect([flooded, after]).to.deep.equal([
        { actions: 0, doubts: 0 },
        { actions: 0, doubts: 1 },
      ]);
      expect(await readDoubts()).to.deep.equal([`S0 ${WEDNESDAY} GAP open`]);
    });

    it('doubts no return to right prices where the source quotes no previous closes', async () => {
      const some = (factor: number) =>
        Object.fromEntries(
          Object.entries(at(factor))
            .slice(0, 80)
            .map(([symbol, [close]]) => [symbol, [close, null] as const]),
        );
      await bring(MONDAY, some(1));
      await bring(TUESDAY, some(1000));
      await hold(TUESDAY);

      await bring(WEDNESDAY, some(1));

      expect((await readDoubts()).filter((line) => line.includes(WEDNESDAY))).to.deep.equal([]);
    });

    it('doubts each of a hundred, which may be splits of a day', async () => {
      await bring(MONDAY, at(1));

      const { actions, doubts } = await bring(
        TUESDAY,
        Object.fromEntries(Object.entries(at(1)).map(([symbol], each) => [symbol, each < 100 ? [10, 10] : [20, 20]])),
      );

      expect(actions + doubts).to.equal(100);
    });
  });

  it('derives nothing over a missing session, and doubts a move like that of a split', async () => {
    await bring(MONDAY, { SPLIT: [0.2131, null], USUAL: [10, null] });

    await bring(WEDNESDAY, { SPLIT: [4, 4.534], USUAL: [10.2, 10.1] });

    expect(await readKnown()).to.deep.equal([]);
    expect(await readDoubts()).to.deep.equal([`SPLIT ${WEDNESDAY} GAP open`]);
  });

  it('derives nothing where the feed as a whole does not agree with the session before', async () => {
    const symbols = Array.from({ length: 60 }, (_, index) => `S${index}`);
    await bring(MONDAY, { SPLIT: [100, null], ...Object.fromEntries(symbols.map((symbol) => [symbol, [10, null]])) });

    await bring(TUESDAY, { SPLIT: [10.1, 10], ...Object.fromEntries(symbols.map((symbol) => [symbol, [11.5, 11]])) });

    expect(await readKnown()).to.deep.equal([]);
    expect(await readDoubts()).to.deep.equal([`SPLIT ${TUESDAY} GAP open`]);
  });

  it('catches up on sessions that were never compared, and compares anew what an import has written again', async () => {
    for (const [session, close] of [
      [MONDAY, 100],
      [TUESDAY, 10],
      [WEDNESDAY, 11],
    ] as const) {
      await database().pool.query(
        `insert into ohlcv_daily (symbol, date, close, volume) values ('LATE', $1, $2, 1000)`,
        [session, close],
      );
    }
    await database().pool.query(
      `insert into pipeline.source_quote (session, symbol, previous_close) values ($1, 'LATE', 10)`,
      [TUESDAY],
    );
    const scan = () =>
      database().transaction(({ client }) =>
        scanPrices(client, THURSDAY, { reuseAfterSessions: 60, calendar, at: new Date() }),
      );

    await scan();
    const caughtUp = await readKnown();
    await database().pool.query(`update ohlcv_daily set close = 10 where date = $1`, [MONDAY]);
    await scan();
    const unnoticed = await readKnown();
    await database().transaction(({ client }) => forgetScan(client, MONDAY));
    await scan();

    expect(caughtUp).to.deep.equal([`LATE ${TUESDAY} split 10:1 derived`]);
    expect(unnoticed).to.deep.equal(caughtUp);
    expect(await readKnown()).to.deep.equal([]);
  });

  it('passes over bars of a day without a session', async () => {
    const saturday = '2026-06-27' as SessionDate;
    await bring(FRIDAY, { SPLIT: [100, null] });
    await database().pool.query(`insert into ohlcv_daily (symbol, date, close, volume) values ('SPLIT', $1, 100, 10)`, [
      saturday,
    ]);

    await bring('2026-06-29' as SessionDate, { SPLIT: [10.2, 10] });

    expect(await readKnown()).to.deep.equal(['SPLIT 2026-06-29 split 10:1 derived']);
  });

  it('leaves generated sessions alone', async () => {
    await database().pool.query(
      `insert into ohlcv_daily (symbol, date, close, volume) values ('GEN', $1, 400, 10), ('GEN', $2, 100, 40)`,
      [MONDAY, TUESDAY],
    );
    await database().transaction(({ client }) => skipScans(client, new Date()));

    await database().transaction(({ client }) =>
      scanPrices(client, FRIDAY, { reuseAfterSessions: 60, calendar, at: new Date() }),
    );

    expect(await readDoubts()).to.deep.equal([]);
  });
});
