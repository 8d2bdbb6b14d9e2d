import { expect } from 'chai';
import { PipelineError } from '../../src/core/errors.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import { History } from '../../src/history/history.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { runEvening } from '../support/evenings.js';
import { ANY_CAP, configOf, MONDAY, TUESDAY, WEDNESDAY, type Listing } from '../support/market.js';

const config = configOf({ universes: ANY_CAP, themes: [{ key: 'ai', title: 'AI', symbols: ['A'] }] });
const of = (...symbols: readonly string[]): Listing[] =>
  symbols.map((symbol, index) => ({ symbol, cap: 3e12 - index }));

describe('the series of a universe', () => {
  let test: TestDatabase;
  let history: History;

  before(async () => {
    test = await createTestDatabase();
    history = new History(test.database, new TradingCalendar());
    await runEvening(test.database, MONDAY, of('A', 'B', 'C', 'D'), { config });
    await runEvening(test.database, TUESDAY, of('A', 'B', 'C', 'D', 'E'), { config });
    await runEvening(
      test.database,
      WEDNESDAY,
      of('A', 'B', 'C', 'D', 'E').map((listing, index) => (index < 2 ? { ...listing, cap: 1e9 } : listing)),
      { config },
    );
  });

  after(() => test.drop());

  it('has size, arrivals, departures and turnover of every session, oldest first', async () => {
    const { universe, title, points } = await history.series('mega_cap');

    expect([universe, title]).to.deep.equal(['mega_cap', 'Mega Cap']);
    expect(points).to.deep.equal([
      { session: MONDAY, members: 4, added: 4, removed: 0, turnoverPct: null, held: false },
      { session: TUESDAY, members: 5, added: 1, removed: 0, turnoverPct: 25, held: false },
      { session: WEDNESDAY, members: 3, added: 0, removed: 2, turnoverPct: 40, held: false },
    ]);
  });

  it('is limited by sessions and by dates', async () => {
    const sessionsOf = async (request: Parameters<History['series']>[1]) =>
      (await history.series('mega_cap', request)).points.map(({ session }) => session);

    expect(await sessionsOf({ limit: 2 })).to.deep.equal([TUESDAY, WEDNESDAY]);
    expect(await sessionsOf({ to: TUESDAY })).to.deep.equal([MONDAY, TUESDAY]);
    expect(await sessionsOf({ from: TUESDAY, to: TUESDAY })).to.deep.equal([TUESDAY]);
  });

  it('names the nearest universe where there is none', async () => {
    const failure = await history.series('mega_cab').catch((error: unknown) => error);

    expect(failure).to.be.instanceOf(PipelineError).and.include({ code: 'EOD_UNIVERSE_UNKNOWN' });
  });
});
