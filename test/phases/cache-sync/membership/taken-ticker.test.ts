import { expect } from 'chai';
import type { SessionDate } from '../../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { importListings, runEvening } from '../../../support/evenings.js';
import { configOf, MONDAY, sync, TUESDAY, WEDNESDAY, type Listing } from '../../../support/market.js';
import { assertProjectionShowsMembership, assertReplayGivesMembership } from '../invariants.js';
import { readMembers } from '../publish/published-state.js';

// No stock is too large to be a newcomer in a market of five.
const config = configOf({ universes: { suspectCaps: { largeCapUsd: 1e12 } } });
const REST: readonly Listing[] = [
  ...['AAA', 'BBB', 'CCC'].map((symbol) => ({ symbol, cap: 2e10 })),
  { symbol: 'SMALL', cap: 4e8 },
];
const FORMER: Listing = { symbol: 'ZETA', name: 'Zeta Small Corp. Common Stock', close: 5, cap: 5e8 };
const LATTER: Listing = { symbol: 'ZETA', name: 'Mega New Holdings Inc. Common Stock', close: 40, cap: 25e10 };

describe('a ticker that another company takes from one session to the next', () => {
  let test: TestDatabase;
  const query = async (text: string): Promise<unknown[]> =>
    (await test.database.pool.query<{ row: unknown }>(text)).rows.map(({ row }) => row);
  /** An evening on which the source marks the first trading day of ZETA. */
  const firstDay = async (session: SessionDate, listing: Listing) => {
    await importListings(test.database, session, [...REST, listing]);
    await test.database.pool.query(
      `update pipeline.source_quote set is_first_day = true where symbol = 'ZETA' and session = $1`,
      [session],
    );
    return sync(test.database, session, { config });
  };
  const readValuation = () =>
    query(
      `select concat_ws(' ', session, market_cap_usd, flags::text) as row from pipeline.valuation where symbol = 'ZETA' order by session`,
    );

  beforeEach(async () => {
    test = await createTestDatabase();
    await runEvening(test.database, MONDAY, [...REST, FORMER], { config });
  });

  afterEach(async () => {
    await test.drop();
  });

  it('is valued as itself, is a new listing, and is recorded', async () => {
    await firstDay(TUESDAY, LATTER);

    expect(await readValuation()).to.deep.equal([`${MONDAY} 500000000 {}`, `${TUESDAY} 250000000000 {}`]);
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['ZETA']);
    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal(['ZETA']);
    expect(
      await query(`select concat_ws(' ', session, symbol, event, reason) as row from pipeline.symbol_event`),
    ).to.deep.equal([`${TUESDAY} ZETA reused FIRST_DAY`]);
    await assertProjectionShowsMembership(test.database);
    await assertReplayGivesMembership(test.database);
  });

  it('comes to the same in a replay, and on later evenings', async () => {
    await firstDay(TUESDAY, LATTER);
    await runEvening(test.database, WEDNESDAY, [...REST, LATTER], { config });
    const before = [
      await readValuation(),
      await query('select (symbol, event)::text as row from pipeline.symbol_event'),
    ];

    const report = await sync(test.database, WEDNESDAY, { config, replayFrom: MONDAY });

    expect(report.counters).to.include({ corrected: 0 });
    expect([
      await readValuation(),
      await query('select (symbol, event)::text as row from pipeline.symbol_event'),
    ]).to.deep.equal(before);
    expect(before[1]).to.deep.equal(['(ZETA,reused)']);
  });

  it('ends what the former company was a member of, and begins anew with the latter', async () => {
    await firstDay(TUESDAY, LATTER);

    const spans = (universe: string) =>
      query(
        `select concat_ws(' ', s.first_session, m.valid_from, m.valid_to) as row
         from pipeline.membership m join pipeline.universe u on u.id = m.universe_id join pipeline.security s on s.id = m.security_id
         where u.key = '${universe}' and m.symbol = 'ZETA' and m.known_to is null order by m.valid_from`,
      );
    expect(await spans('top_10_stocks')).to.deep.equal([`-infinity ${MONDAY} ${TUESDAY}`, `${TUESDAY} ${TUESDAY}`]);
    expect(await spans('small_cap')).to.deep.equal([`-infinity ${MONDAY} ${TUESDAY}`]);
    expect(
      await query(
        `select concat_ws(' ', action, reason) as row from pipeline.membership_change c join pipeline.universe u on u.id = c.universe_id
         where u.key = 'top_10_stocks' and c.symbol = 'ZETA' and c.session = '${TUESDAY}' order by c.id`,
      ),
    ).to.deep.equal(['removed REUSED', 'added RANK_IN']);
  });

  it('inherits no market cap where the source has none', async () => {
    await firstDay(TUESDAY, { ...LATTER, cap: null });

    expect(await readMembers(test.database, 'small_cap')).to.not.include('ZETA');
    expect(
      await query(`select exclusion as row from pipeline.valuation where symbol = 'ZETA' and session = '${TUESDAY}'`),
    ).to.deep.equal(['NO_MARKET_CAP']);
  });
});
