import { expect } from 'chai';
import type { SessionDate } from '../../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { importListings, runEvening } from '../../../support/evenings.js';
import {
  ANY_CAP,
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
import { readMembers, readMembersAsOf } from '../publish/published-state.js';

/** Small markets are judged, by who has a price alone. */
const config = configOf({
  gates: { minSymbols: 0, coverage: { minPct: 80, minCapPct: 0 } },
  universes: { ...ANY_CAP, delistAfterSessions: 2 },
});

/** Ten mega caps, the first the largest. */
const TEN = Array.from('ABCDEFGHIJ').map((symbol, index): Listing => ({
  symbol,
  cap: 3e12 - index * 1e11,
  sector: 'Energy',
}));
const SYMBOLS = TEN.map(({ symbol }) => symbol);
const without = (...symbols: string[]): Listing[] => TEN.filter(({ symbol }) => !symbols.includes(symbol));
const WITHOUT_CAPS = TEN.map((listing) => ({ ...listing, cap: null }));

describe('a session that is held and synced again', () => {
  let test: TestDatabase;
  const query = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
    (await test.database.pool.query<Record<string, unknown>>(text, values)).rows;
  const evening = (session: SessionDate, listings: readonly Listing[]) =>
    runEvening(test.database, session, listings, { config });
  const again = (session: SessionDate, options: Parameters<typeof sync>[2] = {}) =>
    sync(test.database, session, { config, ...options });
  /** As a host would correct it by hand. */
  const setCaps = async (listings: readonly Listing[]) => {
    for (const { symbol, cap } of listings)
      await query('update symbols set market_cap = $2 where symbol = $1', [symbol, cap]);
  };
  const readHolds = (key: string | null) =>
    query(
      `select h.id, h.state, h.decided_by as by, h.lifted_at is not null as lifted
       from pipeline.hold h left join pipeline.universe u on u.id = h.universe_id
       where u.key is not distinct from $1 order by h.id`,
      [key],
    );
  const readStates = async (key: string | null) =>
    (await readHolds(key)).map(({ state, by, lifted }) => [state, by, lifted ? 'lifted' : 'in force']);
  const readEvents = () =>
    query(`select concat_ws(' ', session, symbol, event) as text from pipeline.symbol_event
           where superseded_at is null order by session, symbol`);
  const idsOf = async (key: string | null) => (await readHolds(key)).map(({ id }) => Number(id));

  beforeEach(async () => {
    test = await createTestDatabase();
    await evening(MONDAY, TEN);
  });

  afterEach(async () => {
    await test.drop();
  });

  it('is judged again when only the gates have changed', async () => {
    const lenient = configOf({ ...config, gates: { ...config.gates, coverage: { minPct: 50, minCapPct: 0 } } });
    const held = await evening(TUESDAY, without('A', 'B', 'C'));
    const published = await again(TUESDAY, { config: lenient });
    const repeated = await again(TUESDAY, { config: lenient });
    const heldAgain = await again(TUESDAY);

    expect([held, published, repeated, heldAgain].map((report) => report.held)).to.deep.equal([
      true,
      false,
      false,
      true,
    ]);
    expect(repeated.summary).to.match(/^nothing changed|^same input/);
    expect(await readStates(null)).to.deep.equal([
      ['rejected', 'tickstock', 'lifted'],
      ['open', null, 'in force'],
    ]);
  });

  it('is held again by the same bad input, also when better input came between or was forced', async () => {
    await evening(TUESDAY, TEN);
    await setCaps(WITHOUT_CAPS);
    const first = await again(TUESDAY);
    await setCaps(TEN);
    const good = await again(TUESDAY);
    const afterGood = await readStates('mega_cap');
    await setCaps(WITHOUT_CAPS);
    const second = await again(TUESDAY);

    await setCaps(TEN);
    const forced = await again(TUESDAY, { force: true });
    await setCaps(WITHOUT_CAPS);
    const third = await again(TUESDAY);

    expect([first, good, second, forced, third].map(({ held }) => held)).to.deep.equal([
      true,
      false,
      true,
      false,
      true,
    ]);
    expect(afterGood).to.deep.equal([['rejected', 'tickstock', 'lifted']]);
    expect(await readStates('mega_cap')).to.deep.equal([
      ['rejected', 'tickstock', 'lifted'],
      ['approved', 'test', 'in force'],
      ['open', null, 'in force'],
    ]);
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(SYMBOLS);
  });

  it('stays held by a rejection until better input comes, which does not rewrite it', async () => {
    await evening(TUESDAY, TEN);
    await setCaps(WITHOUT_CAPS);
    await again(TUESDAY);
    await query(`update pipeline.hold set state = 'rejected', decided_by = 'ann', decided_at = now()`);

    const repeated = await again(TUESDAY);
    const written = await again(TUESDAY, { mode: 'market_cap' });
    const afterRejection = await readStates('mega_cap');
    await setCaps(TEN);
    const good = await again(TUESDAY);
    const afterGood = await readStates('mega_cap');
    await setCaps(WITHOUT_CAPS);
    const bad = await again(TUESDAY);

    expect(repeated).to.include({ held: true, changed: false });
    expect(repeated.warnings.join()).to.include('mega_cap held');
    expect([written, good, bad].map(({ held }) => held)).to.deep.equal([true, false, true]);
    expect(afterRejection).to.deep.equal([['rejected', 'ann', 'in force']]);
    expect(afterGood).to.deep.equal([['rejected', 'ann', 'lifted']]);
    expect(await readStates('mega_cap')).to.deep.equal([['rejected', 'ann', 'in force']]);
  });

  it('finds the same symbols gone at each attempt, and none of them is back when the input is', async () => {
    await evening(TUESDAY, without('J'));
    // Half of the market is missing; J is gone by now.
    await evening(WEDNESDAY, without('A', 'B', 'C', 'D', 'J'));
    const repaired = await evening(WEDNESDAY, without('I', 'J'));
    await query(`delete from ohlcv_daily where symbol = 'I' and date = $1`, [WEDNESDAY]);
    await evening(WEDNESDAY, without('I', 'J'));
    const afterWednesday = await readEvents();
    // I is gone now.
    await evening(THURSDAY, without('A', 'B', 'C', 'D', 'I', 'J'));
    const holds = (await readHolds(null)).filter(({ state }) => state === 'open').map(({ id }) => Number(id));

    const approved = await again(THURSDAY, { approval: { holds, by: 'ann', reason: '' } });

    expect(repaired.held).to.equal(false);
    expect(afterWednesday).to.deep.equal([{ text: `${WEDNESDAY} J delisted` }]);
    expect(holds).to.have.length(1);
    expect(approved.held).to.equal(false);
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(SYMBOLS.slice(0, 8));
    expect(await readMembersAsOf(test.database, 'mega_cap', WEDNESDAY)).to.deep.equal(SYMBOLS.slice(0, 9));
    expect((await readEvents()).at(-1)).to.deep.equal({ text: `${THURSDAY} I delisted` });
  });

  it('lifts what it holds of universes while all of it is held, and keeps the hold of all of it when a part is synced', async () => {
    await importListings(test.database, TUESDAY, TEN);
    await setCaps(WITHOUT_CAPS);
    await again(TUESDAY);
    await setCaps(TEN.map((listing) => ({ ...listing, cap: Number(listing.cap) / 100 })));
    await query(`delete from ohlcv_daily where date = $1 and symbol in ('A', 'B', 'C', 'D')`, [TUESDAY]);
    const held = await again(TUESDAY);
    const universe = await readStates('top_10_energy');
    const [candidate] = await query('select candidate_hash, input_hash from pipeline.hold where universe_id is null');
    await setCaps(TEN.map((listing) => ({ ...listing, cap: Number(listing.cap) / 200 })));

    const part = await again(TUESDAY, { mode: 'market_cap' });

    expect(held.summary).to.match(/^the session is held/);
    expect(universe).to.deep.equal([['rejected', 'tickstock', 'lifted']]);
    expect(part.held).to.equal(true);
    expect(await idsOf(null)).to.have.length(1);
    expect(await query('select candidate_hash, input_hash from pipeline.hold where universe_id is null')).to.deep.equal(
      [candidate],
    );
    await query(
      `insert into ohlcv_daily (symbol, date, close, volume) select symbol, $1, 10, 100 from symbols on conflict do nothing`,
      [TUESDAY],
    );
    await setCaps(TEN);
    await again(TUESDAY);
    expect([...(await readStates('top_10_energy')), ...(await readStates(null))]).to.deep.equal(
      Array.from({ length: 2 }, () => ['rejected', 'tickstock', 'lifted']),
    );
  });

  it('is not held for ever by symbols that are gone for good, nor by those that went years ago', async () => {
    const old = ['X', 'Y', 'Z'].map((symbol): Listing => ({ symbol, cap: 1e12, sector: 'Energy' }));
    await writeListings(test.database, '2021-03-01' as SessionDate, old);
    const patient = configOf({ universes: { delistAfterSessions: 3 }, gates: { minSymbols: 0 } });
    const reports = [await runEvening(test.database, TUESDAY, TEN, { config: patient })];

    for (const session of [WEDNESDAY, THURSDAY, FRIDAY])
      reports.push(await runEvening(test.database, session, without('H', 'I', 'J'), { config: patient }));

    expect(reports.map(({ held }) => held)).to.deep.equal([false, true, true, false]);
    expect(reports[2]?.summary).to.include('7 of 10 active symbols have a price');
  });
});
