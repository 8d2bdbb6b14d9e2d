import { expect } from 'chai';
import { compareBars, measureBars } from '../../../../phases/cache-sync/input/session-stats.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { runEvening } from '../../../support/evenings.js';
import { configOf, FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY } from '../../../support/market.js';

/** A stored close, and previous closes of the source just inside and just outside the tolerance. */
const CLOSES: readonly (readonly [close: number, agree: readonly number[], differ: readonly number[]])[] = [
  // Half a cent and a little for what rounding does, whatever the price.
  [1, [1.0051, 0.9949], [1.0052, 0.9948]],
  [0.5, [0.5051], [0.5052]],
  // From 10.20 on, 0.05 % is more than that.
  [10.2, [10.2051], [10.2052]],
  [100, [100.05, 99.95], [100.0501, 99.9499]],
  [745_140, [745_512.57], [745_512.58]],
];

describe('a previous close of the source', () => {
  let test: TestDatabase;
  const countMatching = async (close: number, quoted: number): Promise<number | undefined> => {
    const { rows } = await test.database.pool.query<{ compared: number }>(
      `select ${compareBars('today', 'close', 'quoted')} as compared
       from (select 7::numeric as today, $1::numeric as close, $2::numeric as quoted) as bar`,
      [close, quoted],
    );
    const compared = rows.map((row) => row.compared);
    const { exchanges } = measureBars({
      previousSession: MONDAY,
      exchanges: ['NYSE'],
      volumes: [1],
      compared,
      barCount: 2,
    });
    expect(exchanges[0]?.withPreviousClose).to.equal(1);
    return exchanges[0]?.matching;
  };

  before(async () => {
    test = await createTestDatabase();
  });

  after(async () => {
    await test.drop();
  });

  for (const [close, agree, differ] of CLOSES) {
    it(`agrees with ${close} up to ${agree.join(' and ')}, not to ${differ.join(' or ')}`, async () => {
      for (const quoted of agree) expect(await countMatching(close, quoted)).to.equal(1);
      for (const quoted of differ) expect(await countMatching(close, quoted)).to.equal(0);
    });
  }
});

describe('a price of an earlier session', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(async () => {
    await test.drop();
  });

  it('is used for three sessions, and not in a fourth', async () => {
    const traded = [{ symbol: 'TRADED', shares: 4 }];
    const config = configOf({ universes: { stalePriceSessions: 3, delistAfterSessions: 9 } });
    await runEvening(test.database, MONDAY, [...traded, { symbol: 'QUIET', shares: 5 }], { config });
    for (const session of [TUESDAY, WEDNESDAY, THURSDAY, FRIDAY])
      await runEvening(test.database, session, traded, { config });

    const { rows } = await test.database.pool.query<{ text: string }>(
      `select concat_ws(' ', session, coalesce(close::int::text, 'without a price')) as text from pipeline.valuation
       where symbol = 'QUIET' and session > $1 order by session`,
      [WEDNESDAY],
    );

    expect(rows.map(({ text }) => text)).to.deep.equal([`${THURSDAY} 10`, `${FRIDAY} without a price`]);
  });
});
