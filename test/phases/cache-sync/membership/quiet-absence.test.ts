import { expect } from 'chai';
import type { SessionDate } from '../../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { runEvening } from '../../../support/evenings.js';
import {
  ANY_CAP,
  configOf,
  FRIDAY,
  MONDAY,
  THURSDAY,
  TUESDAY,
  WEDNESDAY,
  WEEK,
  type Listing,
} from '../../../support/market.js';

const config = configOf({ universes: { ...ANY_CAP, delistAfterSessions: 2, delistQuietAfterSessions: 4 } });
const stays: Listing = { symbol: 'STAYS', cap: 5e9 };
const NEXT_WEEK = '2026-06-29' as SessionDate;
/** 2 million USD a day, a close of 10. */
const USUAL = 200_000;

describe('a stock without a bar', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(() => test.drop());

  /** The last session is Monday, with that volume, after twenty of the usual one. */
  async function vanish(lastVolume: number, usual = USUAL): Promise<void> {
    await test.database.pool.query(
      `insert into ohlcv_daily (symbol, date, close, volume)
       select 'GONE', day, 10, $1 from generate_series('2026-05-25'::date, '2026-06-19', interval '1 day') day where extract(isodow from day) < 6`,
      [usual],
    );
    await runEvening(test.database, MONDAY, [stays, { symbol: 'GONE', cap: 9e9, volume: lastVolume }], { config });
    for (const session of WEEK.slice(1)) await runEvening(test.database, session, [stays], { config });
  }

  const readDelisting = async (): Promise<string | undefined> =>
    (
      await test.database.pool.query<{ session: string }>(
        `select session::text from pipeline.symbol_event where symbol = 'GONE' and event = 'delisted' and superseded_at is null`,
      )
    ).rows[0]?.session;

  it('stays listed for longer when it traded as usual on its last day, and comes back with a reason of its own', async () => {
    await vanish(USUAL * 1.2);
    expect([WEEK, await readDelisting()]).to.deep.equal([[MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY], FRIDAY]);

    await runEvening(test.database, NEXT_WEEK, [stays, { symbol: 'GONE', cap: 9e9 }], { config });

    const { rows } = await test.database.pool.query(
      `select distinct action, reason, session::text from pipeline.membership_change
       where symbol = 'GONE' and superseded_at is null and reason <> 'FIRST_PUBLISH' order by session`,
    );
    expect(rows).to.deep.equal([
      { action: 'removed', reason: 'ABSENT', session: FRIDAY },
      { action: 'added', reason: 'TRADES_AGAIN', session: NEXT_WEEK },
    ]);
  });

  for (const [what, lastVolume, usual] of [
    ['more than usual', USUAL * 1.2 + 1, USUAL],
    ['nothing', 0, USUAL],
    ['less than a tenth of the usual', USUAL / 10 - 1, USUAL],
    ['as usual, which is hardly anything,', 99_999, 99_999],
  ] as const) {
    it(`counts as delisted at once when it traded ${what} on its last day`, async () => {
      await vanish(lastVolume, usual);

      expect(await readDelisting()).to.equal(WEDNESDAY);
    });
  }
});
