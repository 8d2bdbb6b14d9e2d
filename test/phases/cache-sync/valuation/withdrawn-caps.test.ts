import { expect } from 'chai';
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

const config = configOf({ universes: { suspectCaps: { withdrawnSessions: 2 } } });
const OTHER: Listing = { symbol: 'OTHER', cap: 3e9 };

describe('a market cap that the source withdraws', () => {
  let test: TestDatabase;
  const evening = (session: SessionDate, listing: Partial<Listing>, other: Listing = OTHER) =>
    runEvening(test.database, session, [other, { symbol: 'GONE', ...listing }], { config });
  const read = async (symbol = 'GONE') => {
    const { rows } = await test.database.pool.query<{ text: string }>(
      `select concat_ws(' ', session, market_cap_usd / 1000000, coalesce(doubt, 'believed'), exclusion) as text
       from pipeline.valuation where symbol = $1 order by session`,
      [symbol],
    );
    return rows.map(({ text }) => text);
  };

  beforeEach(async () => {
    test = await createTestDatabase();
    await evening(MONDAY, { cap: 4e9 });
  });

  afterEach(() => test.drop());

  it('moves with the price for some sessions, and is none then; a replay says the same', async () => {
    await evening(TUESDAY, { cap: null, close: 5 });
    await evening(WEDNESDAY, { cap: null, close: 4 });
    await evening(THURSDAY, { cap: null, close: 4 });
    const judged = await read();
    await sync(test.database, THURSDAY, { config, replayFrom: TUESDAY, recompute: true });

    expect(judged).to.deep.equal([
      `${MONDAY} 4000 believed`,
      `${TUESDAY} 2000 WITHDRAWN`,
      `${WEDNESDAY} 1600 WITHDRAWN`,
      `${THURSDAY} WITHDRAWN NO_MARKET_CAP`,
    ]);
    expect(await read()).to.deep.equal(judged);
    // What the host's table keeps is not taken for a new figure.
    const { rows } = await test.database.pool.query(
      'select from pipeline.source_quote where host_market_cap_usd is not null',
    );
    expect(rows).to.deep.equal([]);
  });

  it('is kept for as long as a person says that its share count is right, and is none when it is wrong', async () => {
    const decide = (state: string) =>
      test.database.pool.query(`update pipeline.exception set state = $1, decided_by = 'ann'`, [state]);
    await evening(TUESDAY, { cap: null, close: 5 });
    await evening(WEDNESDAY, { cap: null, close: 5 });
    const { rows } = await test.database.pool.query<{ shares: number }>(
      `select (evidence ->> 'shares')::float as shares from pipeline.exception`,
    );
    await decide('approved');
    await evening(THURSDAY, { cap: null, close: 4 });
    await evening(FRIDAY, { cap: null, close: 4 });
    const kept = (await read()).slice(-2);
    await decide('rejected');
    await sync(test.database, FRIDAY, { config });

    expect(rows).to.deep.equal([{ shares: 4e8 }]);
    expect(kept).to.deep.equal([`${THURSDAY} 1600 WITHDRAWN`, `${FRIDAY} 1600 WITHDRAWN`]);
    expect((await read()).at(-1)).to.equal(`${FRIDAY} WITHDRAWN NO_MARKET_CAP`);
  });

  it('is believed again when the source has one', async () => {
    await evening(TUESDAY, { cap: null, close: 9 });
    await evening(WEDNESDAY, { cap: 3.8e9, close: 9.5 });
    await evening(THURSDAY, { cap: null, close: 9.5 });
    await evening(FRIDAY, { cap: 3.8e9, close: 9.5 });

    expect((await read()).map((text) => text.split(' ')[2])).to.deep.equal([
      'believed',
      'WITHDRAWN',
      'believed',
      'WITHDRAWN',
      'believed',
    ]);
  });

  it('is not withdrawn by a source that states none at all: the host has them', async () => {
    await evening(TUESDAY, { cap: null }, { ...OTHER, cap: null });

    expect((await read()).at(-1)).to.equal(`${TUESDAY} 4000 believed`);
  });

  it('is not withdrawn by a host that clears it, which has none at once', async () => {
    await writeListings(test.database, TUESDAY, [OTHER, { symbol: 'GONE', cap: 0 }]);
    await sync(test.database, TUESDAY, { config });

    expect((await read()).at(-1)).to.equal(`${TUESDAY} 0 believed NO_MARKET_CAP`);
  });
});
