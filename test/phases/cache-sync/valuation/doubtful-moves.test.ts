import { expect } from 'chai';
import type { SessionDate } from '../../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { runEvening } from '../../../support/evenings.js';
import { configOf, MONDAY, sync, TUESDAY, WEDNESDAY, type Listing } from '../../../support/market.js';

const config = configOf();
const REST: readonly Listing[] = ['AAA', 'BBB'].map((symbol) => ({ symbol, cap: 500e9 }));
/** Two receipts became one share, and the feed kept the number of receipts. */
const BEFORE: Listing = { symbol: 'UNIT', cap: 288e9, close: 92 };
const AFTER: Listing = { symbol: 'UNIT', cap: 576e9, close: 184 };

describe('a market cap that moved with a doubtful price', () => {
  let test: TestDatabase;
  const evening = (session: SessionDate, listing: Listing) =>
    runEvening(test.database, session, [...REST, listing], { config });
  const readCaps = async () => {
    const { rows } = await test.database.pool.query<{ text: string }>(
      `select concat_ws(' ', market_cap_usd / 1000000000, coalesce(doubt, 'believed')) as text
       from pipeline.valuation where symbol = 'UNIT' order by session`,
    );
    return rows.map(({ text }) => text);
  };
  /** What the import finds when a price moves like that of a split which the source did not adjust. */
  const addMove = (session: SessionDate) =>
    test.database.pool.query(
      `insert into pipeline.exception (kind, symbol, session, reason, evidence, proposal, known_at)
       values ('PRICE_MOVE', 'UNIT', $1, 'UNADJUSTED', '{}', '{"newShares": 1, "oldShares": 2}', now())`,
      [session],
    );
  const decide = (state: string) =>
    test.database.pool.query(`update pipeline.exception set state = $1, decided_by = 'ann' where symbol = 'UNIT'`, [
      state,
    ]);

  beforeEach(async () => {
    test = await createTestDatabase();
    await evening(MONDAY, BEFORE);
    await addMove(TUESDAY);
    await evening(TUESDAY, AFTER);
  });

  afterEach(() => test.drop());

  it('stays where it was, and is not asked about twice', async () => {
    await evening(WEDNESDAY, AFTER);

    expect(await readCaps()).to.deep.equal(['288 believed', '288 PRICE_MOVE', '288 PRICE_MOVE']);
    const { rows } = await test.database.pool.query('select kind from pipeline.exception');
    expect(rows).to.deep.equal([{ kind: 'PRICE_MOVE' }]);
  });

  it('is believed when a person says that the price moved by itself, in the same session too', async () => {
    await decide('rejected');
    await sync(test.database, TUESDAY, { config });

    expect(await readCaps()).to.deep.equal(['288 believed', '576 believed']);
    await evening(WEDNESDAY, AFTER);
    expect((await readCaps()).at(-1)).to.equal('576 believed');
  });

  it('is believed in the next session when that is said later', async () => {
    await decide('rejected');
    await evening(WEDNESDAY, AFTER);

    expect(await readCaps()).to.deep.equal(['288 believed', '288 PRICE_MOVE', '576 believed']);
  });

  it('stays out when an action explains the price, until the share count follows', async () => {
    await test.database.pool.query(
      `insert into pipeline.corporate_action (symbol, session, kind, new_shares, old_shares, source, entered_by, known_from)
       values ('UNIT', $1, 'unit_change', 1, 2, 'person', 'ann', now())`,
      [TUESDAY],
    );
    await decide('approved');
    await sync(test.database, TUESDAY, { config });
    await evening(WEDNESDAY, { ...AFTER, cap: 290e9 });

    expect(await readCaps()).to.deep.equal(['288 believed', '288 SPLIT_LAG', '290 believed']);
  });
});
