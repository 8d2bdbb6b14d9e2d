import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { loadMarket } from '../../../../phases/cache-sync/input/load-market.js';
import { NOT_COMPARED_EARLIER, type SessionMeasures } from '../../../../phases/cache-sync/holds/session-measures.js';
import {
  countEarlier,
  countUnlisted,
  loadUsual,
  writeStats,
} from '../../../../phases/cache-sync/input/session-stats-sql.js';
import type { SessionDate } from '../../../../src/core/session.js';
import { recordFacts } from '../../../../src/securities/record-facts.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, writeListings } from '../../../support/market.js';

/** Symbol → exchange and the closes of Monday, Tuesday and Wednesday; null: no bar. */
const CLOSES: Readonly<Record<string, readonly [string | null, ...(number | null)[]]>> = {
  AAPL: ['NASDAQ', 200, 201, 202],
  MSFT: ['nasdaq', 400, 404, 404],
  NFLX: ['NASDAQ', 1000, 1100, 110],
  NEWS: ['NASDAQ', null, null, 15],
  IBM: ['NYSE', 250, 251, null],
  KO: ['NYSE', 60, null, 62],
  LONE: [null, 5, 5, 5],
};

/** What the source says on Wednesday the closes of Tuesday were. */
const PREVIOUS_CLOSES: Readonly<Record<string, number | null>> = {
  AAPL: 201.1, // off by 0.05 %: rounding
  MSFT: 400, // that was Monday
  NFLX: 110, // adjusted for its split
  KO: 60,
  NEWS: null, // first day
};

describe('measuring a session', () => {
  let test: TestDatabase;
  const measure = (session: SessionDate) =>
    withClient(async (client) => {
      // As if the facts had been recorded before the first session.
      await recordFacts(client, MONDAY);
      return (await loadMarket(client, session)).bars;
    });
  const findUsual = (session: SessionDate, earlyCloses: readonly SessionDate[] = []) =>
    withClient((client) =>
      loadUsual(client, session, { sessions: 2, isEarlyClose: (day) => earlyCloses.includes(day) }),
    );
  const write = (session: SessionDate, measures: SessionMeasures) =>
    withClient((client) => writeStats(client, session, measures));
  const hold = (session: SessionDate, state: string) =>
    test.database.pool.query(
      `with run as (
         insert into pipeline.run (id, session, trigger, mode, force, phases, status, started_at)
         values ($1, $2, 'manual', 'full', false, '{}', 'completed_with_holds', now()) returning id
       )
       insert into pipeline.hold (run_id, session, gate, state, created_at) select id, $2, 'volume', $3, now() from run`,
      [randomUUID(), session, state],
    );

  async function withClient<Result>(
    task: (client: Parameters<typeof loadUsual>[0]) => Promise<Result>,
  ): Promise<Result> {
    const client = await test.database.pool.connect();
    try {
      return await task(client);
    } finally {
      client.release();
    }
  }

  before(async () => {
    test = await createTestDatabase();
    for (const [index, day] of [MONDAY, TUESDAY, WEDNESDAY].entries()) {
      const listings = Object.entries(CLOSES).map(([symbol, [exchange, ...closes]], place) => ({
        symbol,
        exchange,
        close: closes[index] ?? null,
        volume: 100 * (place + 1),
      }));
      await writeListings(test.database, day, listings);
    }
    await test.database.pool.query(
      `insert into pipeline.source_quote (session, symbol, previous_close)
       select $1, key, value::numeric from jsonb_each_text($2)`,
      [WEDNESDAY, JSON.stringify(PREVIOUS_CLOSES)],
    );
  });

  after(async () => {
    await test.drop();
  });

  it('counts, by exchange, bars and closes against the session before, and previous closes against the two before', async () => {
    const bars = await measure(WEDNESDAY);
    const { exchanges } = await withClient((client) => countEarlier(client, WEDNESDAY, bars));

    expect(bars.previousSession).to.equal(TUESDAY);
    expect(bars.exchanges).to.deep.equal(exchanges.map((row) => ({ ...row, ...NOT_COMPARED_EARLIER })));
    const counts = {
      withPreviousClose: 0,
      matching: 0,
      ...NOT_COMPARED_EARLIER,
    };
    expect(exchanges).to.deep.equal([
      {
        ...counts,
        exchange: '',
        bars: 1,
        previousBars: 1,
        compared: 1,
        unchanged: 1,
        medianVolume: 700,
        repeatedEarlier: 1,
      },
      {
        exchange: 'NASDAQ',
        bars: 4,
        previousBars: 3,
        compared: 3,
        unchanged: 1,
        medianVolume: 200,
        withPreviousClose: 3,
        matching: 1,
        withEarlierClose: 3,
        matchingEarlier: 1,
        repeatedEarlier: 0,
        // NFLX, whose split is in the quote and in the close.
        flat: 1,
      },
      {
        ...counts,
        exchange: 'NYSE',
        bars: 1,
        previousBars: 1,
        compared: 0,
        unchanged: 0,
        medianVolume: 600,
        withEarlierClose: 1,
        matchingEarlier: 1,
      },
    ]);
  });

  it('counts bars of symbols that are not listed any more too, though nothing is compared with them', async () => {
    const update = (active: boolean) =>
      test.database.pool.query(`update symbols set active = $1 where symbol in ('IBM', 'KO', 'MSFT')`, [active]);
    await update(false);

    const listed = await measure(WEDNESDAY);
    const all = await withClient((client) => countUnlisted(client, WEDNESDAY, listed));
    await update(true);

    const counts = ({ exchanges }: typeof all) => exchanges.map((row) => [row.exchange, row.bars, row.previousBars]);
    expect(listed.unlistedBars).to.equal(4);
    expect(counts(listed)).to.deep.equal([
      ['', 1, 1],
      ['NASDAQ', 3, 2],
    ]);
    expect(counts(all)).to.deep.equal([
      ['', 1, 1],
      ['NASDAQ', 4, 3],
      ['NYSE', 1, 1],
    ]);
    expect(all.exchanges.map(({ compared }) => compared)).to.deep.equal([1, 2, 0]);
  });

  it('takes the middle volume of all listed symbols with a bar', async () => {
    // Wednesday: AAPL 100, MSFT 200, NFLX 300, NEWS 400, KO 600, LONE 700; of an even number the lower one.
    expect((await measure(WEDNESDAY)).medianVolume).to.equal(300);
  });

  it('compares with the newest session that is there', async () => {
    const { exchanges, ...rest } = await measure(FRIDAY);
    const first = await measure(MONDAY);

    expect(rest).to.deep.equal({ previousSession: WEDNESDAY, medianVolume: null, unlistedBars: 0 });
    expect(exchanges.map(({ bars, previousBars }) => [bars, previousBars])).to.deep.equal([
      [0, 1],
      [0, 4],
      [0, 1],
    ]);
    expect(first.previousSession).to.equal(null);
    expect(first.exchanges.map(({ bars, previousBars }) => [bars, previousBars])).to.deep.equal([
      [1, null],
      [3, null],
      [2, null],
    ]);
  });

  it('keeps figures for later sessions: an early close or a held session does not say what is usual', async () => {
    const measures = {
      ...(await measure(WEDNESDAY)),
      ...(await findUsual(WEDNESDAY)),
      isPreviousMissing: false,
      late: new Set(['NYSE']),
    };
    for (const [index, day] of [MONDAY, TUESDAY, WEDNESDAY, THURSDAY].entries()) {
      await write(day, { ...measures, medianVolume: 1000 * (index + 1) });
    }
    await write(THURSDAY, { ...measures, medianVolume: 5000 });

    expect((await findUsual(FRIDAY)).usualVolumes.get('')).to.deep.equal([5000, 3000]);
    expect((await findUsual(FRIDAY, [WEDNESDAY])).usualVolumes.get('')).to.deep.equal([5000, 2000]);
    expect([...(await findUsual(FRIDAY)).lateBefore]).to.deep.equal(['NYSE']);
    await hold(THURSDAY, 'rejected');
    expect((await findUsual(FRIDAY, [WEDNESDAY])).usualVolumes.get('')).to.deep.equal([2000, 1000]);
    const { rows } = await test.database.pool.query(
      `select exchange, bars, compared, matching, median_volume from pipeline.session_stats where session = $1 order by exchange`,
      [WEDNESDAY],
    );
    expect(rows).to.deep.equal([
      { exchange: '', bars: 6, compared: 4, matching: 1, median_volume: '3000' },
      { exchange: 'NASDAQ', bars: 4, compared: 3, matching: 1, median_volume: '200' },
      { exchange: 'NYSE', bars: 1, compared: 0, matching: 0, median_volume: '600' },
    ]);
  });

  it('knows whether the session before is held, neither let through nor lifted', async () => {
    await hold(TUESDAY, 'approved');
    expect((await findUsual(WEDNESDAY)).wasPreviousHeld).to.equal(false);

    await hold(TUESDAY, 'open');

    expect((await findUsual(WEDNESDAY)).wasPreviousHeld).to.equal(true);
    await test.database.pool.query(
      `update pipeline.hold set lifted_at = now(), state = 'rejected' where state = 'open'`,
    );
    expect((await findUsual(WEDNESDAY)).wasPreviousHeld).to.equal(false);
  });
});
