import { expect } from 'chai';
import { TradingCalendar } from '../../src/core/calendar.js';
import { parseSessionDate } from '../../src/core/session.js';
import { resolveMoment, type PointInTime } from '../../src/history/point-in-time.js';
import { readDiff } from '../../src/history/diff.js';
import { readSymbolUniverses } from '../../src/history/symbol-universes.js';
import { readMembers, readUniverse } from '../../src/history/universes.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, writeListings } from '../support/market.js';
import { evening, StoredHistory } from './stored-history.js';

const SATURDAY = parseSessionDate('2026-06-27');
const calendar = new TradingCalendar();

/**
 * One week of `top_3`. Monday A, B and D; on Tuesday C takes the place of D. On Thursday a first attempt puts E in the place of C, and an
 * hour later a second one takes that back. `late` begins on Wednesday, `gone` ends on Thursday, `empty` has never had a member.
 */
describe('a universe at a point in time', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
    const history = new StoredHistory(test.database);
    await writeListings(
      test.database,
      MONDAY,
      ['A', 'B', 'C', 'D', 'E'].map((symbol) => ({ symbol, name: `${symbol} now` })),
    );
    for (const session of [MONDAY, TUESDAY, WEDNESDAY, THURSDAY]) await history.publish(session, evening(session));
    await history.publish(THURSDAY, '2026-06-25T23:00:00Z');
    await history.publish(FRIDAY, evening(FRIDAY));

    const top = await history.addUniverse('top_3', { rule: 'ranking', of: 'all', size: 3 });
    await history.addMembers(top, ['A', 'B'], { from: MONDAY });
    await history.addMembers(top, ['D'], { from: MONDAY, to: TUESDAY });
    await history.addMembers(top, ['C'], { from: TUESDAY, to: THURSDAY, knownTo: '2026-06-25T23:00:00Z' });
    await history.addMembers(top, ['E'], { from: THURSDAY, knownTo: '2026-06-25T23:00:00Z' });
    await history.addMembers(top, ['C'], { from: TUESDAY, knownFrom: '2026-06-25T23:00:00Z' });
    await history.addChanges(top, MONDAY, { '+A': 'FIRST_PUBLISH', '+B': 'FIRST_PUBLISH', '+D': 'FIRST_PUBLISH' });
    await history.addChanges(top, TUESDAY, { '+C': 'RANK_IN', '-D': 'RANK_OUT' });
    const first = { supersededAt: '2026-06-25T23:00:00Z' };
    await history.addChanges(top, THURSDAY, { '+E': 'RANK_IN', '-C': 'RANK_OUT' }, first);

    const late = await history.addUniverse('late', { rule: 'theme', symbols: ['A'] });
    await history.addMembers(late, ['A'], { from: WEDNESDAY });
    await history.addChanges(late, WEDNESDAY, { '+A': 'FIRST_PUBLISH' });
    const gone = await history.addUniverse('gone', { rule: 'theme', symbols: ['B'] });
    await history.addMembers(gone, ['B'], { from: MONDAY, to: THURSDAY });
    await history.query('update pipeline.universe set retired_session = $1 where id = $2', [THURSDAY, gone]);
    await history.addUniverse('empty', { rule: 'recent-ipo', days: 30 });
    // The same key once more, in another group: asked for as others/top_3.
    await history.addMembers(await history.addUniverse('top_3', {}, 'others'), ['E'], { from: MONDAY });

    await history.query(
      `insert into pipeline.symbol_fact (symbol, valid_from, valid_to, name, type, active)
       values ('C', $1, $2, 'C before', 'CS', true), ('C', $2, null, 'C now', 'CS', true)`,
      [MONDAY, THURSDAY],
    );
    await history.addValuations(WEDNESDAY, [
      { symbol: 'A', cap: 100e9, rank: 1 },
      { symbol: 'C', cap: 60e9, rank: 2 },
      { symbol: 'B', cap: 50e9, rank: 3 },
    ]);
    await history.addValuations(FRIDAY, [
      { symbol: 'A', cap: 90e9, rank: 1 },
      { symbol: 'B', cap: 80e9, rank: 2 },
      { symbol: 'C', cap: 70e9, rank: 3 },
    ]);
  });

  after(async () => {
    await test.drop();
  });

  const at = (point: PointInTime) => resolveMoment(test.database, calendar, point);
  const readAt = async (name: string, point: PointInTime) => readUniverse(test.database, name, await at(point));
  const symbolsAt = async (point: PointInTime, name = 'top_3') =>
    (await readAt(name, point)).members.map(({ symbol }) => symbol).toSorted();
  const refusalOf = async (name: string, point: PointInTime): Promise<unknown> =>
    readAt(name, point).catch((error: unknown) => error);

  it('has the members of the session, not those of before or after', async () => {
    expect(await symbolsAt({ asOf: MONDAY })).to.deep.equal(['A', 'B', 'D']);
    expect(await symbolsAt({ asOf: TUESDAY })).to.deep.equal(['A', 'B', 'C']);
    expect(await symbolsAt({})).to.deep.equal(['A', 'B', 'C']);
    expect(await symbolsAt({ asOf: MONDAY }, 'others/top_3')).to.deep.equal(['E']);
    expect(await symbolsAt({ asOf: WEDNESDAY }, 'gone')).to.deep.equal(['B']);
    expect(await symbolsAt({ asOf: WEDNESDAY }, 'empty')).to.deep.equal([]);
  });

  it('answers what was believed at a time, with the changes believed then', async () => {
    const between = await readAt('top_3', { asOf: THURSDAY, knownAt: '2026-06-25T22:30:00Z' });
    const corrected = await readAt('top_3', { asOf: THURSDAY });

    expect(between.members.map(({ symbol }) => symbol).toSorted()).to.deep.equal(['A', 'B', 'E']);
    expect(between.changes).to.deep.equal([
      { symbol: 'E', action: 'added', reason: 'RANK_IN' },
      { symbol: 'C', action: 'removed', reason: 'RANK_OUT' },
    ]);
    expect(between).to.include({ added: 1, removed: 1, knownAt: '2026-06-25T22:30:00.000Z' });
    expect(corrected.members.map(({ symbol }) => symbol).toSorted()).to.deep.equal(['A', 'B', 'C']);
    expect(corrected).to.include({ added: 0, removed: 0, knownAt: null });
    // Without a session: the newest one of that time. A date is the end of that day in New York.
    expect(await symbolsAt({ knownAt: '2026-06-25T22:30:00Z' })).to.deep.equal(['A', 'B', 'E']);
    expect((await at({ knownAt: '2026-06-23' })).knownAt).to.equal('2026-06-24T03:59:59.999Z');
    expect(await symbolsAt({ knownAt: '2026-06-22' })).to.deep.equal(['A', 'B', 'D']);
  });

  it('orders and values the members by the figures of then, and names them as they were named', async () => {
    const { members, session, count } = await readAt('top_3', { asOf: WEDNESDAY });

    expect({ session, count }).to.deep.equal({ session: WEDNESDAY, count: 3 });
    expect(
      members.map(({ position, symbol, name, marketCapUsd, since }) => [position, symbol, name, marketCapUsd, since]),
    ).to.deep.equal([
      [1, 'A', 'A now', 100e9, MONDAY],
      [2, 'C', 'C before', 60e9, TUESDAY],
      [3, 'B', 'B now', 50e9, MONDAY],
    ]);
    const page = await readMembers(test.database, 'top_3', { limit: 1, offset: 1 }, await at({ asOf: WEDNESDAY }));
    expect(page.members.map(({ position, symbol }) => [position, symbol])).to.deep.equal([[2, 'C']]);
  });

  it('answers a date without a session by the session before, and says so', async () => {
    const { session, asked, members } = await readAt('top_3', { asOf: SATURDAY });

    expect({ session, asked, members: members.length }).to.deep.equal({ session: FRIDAY, asked: SATURDAY, members: 3 });
  });

  it('refuses what nothing is known of, and says what is', async () => {
    const cases: [string, PointInTime, string, string][] = [
      [
        'top_3',
        { asOf: parseSessionDate('2026-06-19') },
        'EOD_SESSION_INVALID',
        'the first published session is 2026-06-22',
      ],
      [
        'top_3',
        { asOf: parseSessionDate('2026-06-29') },
        'EOD_SESSION_INVALID',
        'the newest published session is 2026-06-26',
      ],
      ['top_3', { asOf: 'today' as typeof MONDAY }, 'EOD_SESSION_INVALID', 'YYYY-MM-DD'],
      ['top_3', { knownAt: 'yesterday' }, 'EOD_SESSION_INVALID', '2026-06-30T22:00:00Z'],
      [
        'top_3',
        { knownAt: '2026-06-22T21:00:00Z' },
        'EOD_SESSION_INVALID',
        'the first published session is 2026-06-22',
      ],
      [
        'top_3',
        { asOf: TUESDAY, knownAt: '2026-06-22T23:00:00Z' },
        'EOD_SESSION_INVALID',
        'the newest session then was 2026-06-22',
      ],
      ['late', { asOf: TUESDAY }, 'EOD_UNIVERSE_UNKNOWN', 'first published 2026-06-24'],
      ['gone', { asOf: FRIDAY }, 'EOD_UNIVERSE_UNKNOWN', 'before 2026-06-25'],
      ['gone', {}, 'EOD_UNIVERSE_UNKNOWN', 'before 2026-06-25'],
      ['top_33', { asOf: FRIDAY }, 'EOD_UNIVERSE_UNKNOWN', 'did you mean "top_3"?'],
    ];

    for (const [name, point, code, hint] of cases) {
      const refusal = await refusalOf(name, point);
      expect(refusal, JSON.stringify(point)).to.include({ code });
      expect(refusal, JSON.stringify(point)).to.have.property('hint').that.includes(hint);
    }
  });

  it('tells the universes of a symbol then', async () => {
    const then = await readSymbolUniverses(test.database, 'C', await at({ asOf: WEDNESDAY }));
    const believed = await readSymbolUniverses(
      test.database,
      'C',
      await at({ asOf: THURSDAY, knownAt: '2026-06-25T22:30:00Z' }),
    );
    const unknown = await readSymbolUniverses(test.database, 'X', await at({})).catch((error: unknown) => error);

    expect(then).to.include({ name: 'C before', session: WEDNESDAY, rank: 2, marketCapUsd: 60e9 });
    expect(then.universes).to.deep.equal([
      { universe: 'top_3', type: 'stock_universe', title: 'Top 3', since: TUESDAY },
    ]);
    expect(believed).to.include({ name: 'C now' }).and.to.deep.include({ universes: [] });
    expect(unknown).to.include({ code: 'EOD_SYMBOL_UNKNOWN' });
  });

  it('compares two sessions: who came and went, when and why', async () => {
    const diff = async (from: PointInTime, to: PointInTime) =>
      readDiff(test.database, 'top_3', await at(from), await at(to));
    const knownAt = '2026-06-25T22:30:00Z';

    const now = await diff({ asOf: MONDAY }, { asOf: SATURDAY });
    const believed = await diff({ asOf: MONDAY, knownAt }, { asOf: THURSDAY, knownAt });
    const backwards = await diff({ asOf: TUESDAY }, { asOf: MONDAY }).catch((error: unknown) => error);

    expect(now.from).to.deep.equal({ session: MONDAY, asked: MONDAY, count: 3 });
    expect(now.to).to.deep.equal({ session: FRIDAY, asked: SATURDAY, count: 3 });
    expect(now.added).to.deep.equal([
      { symbol: 'C', session: TUESDAY, reason: 'RANK_IN', name: 'C now', marketCapUsd: 70e9, rank: 3 },
    ]);
    expect(now.removed.map(({ symbol, session, reason }) => [symbol, session, reason])).to.deep.equal([
      ['D', TUESDAY, 'RANK_OUT'],
    ]);
    expect(believed.added).to.have.length(1);
    expect(believed.added[0]).to.include({ symbol: 'E', session: THURSDAY, reason: 'RANK_IN' });
    expect(backwards).to.include({ code: 'EOD_SESSION_INVALID' });
  });

  it('is answered in SQL as by the library', async () => {
    const rowsOf = async (text: string) =>
      (await test.database.pool.query<{ row: unknown[] }>(`select to_jsonb(array[${text}`)).rows.map(({ row }) => row);
    const { members } = await readAt('top_3', { asOf: WEDNESDAY });

    expect(
      await rowsOf(
        `position::text, symbol, since::text, market_cap_usd::text]) as row from pipeline.universe_members('top_3', '2026-06-24')`,
      ),
    ).to.deep.equal(
      members.map(({ position, symbol, since, marketCapUsd }) => [
        String(position),
        symbol,
        since,
        String(marketCapUsd),
      ]),
    );
    expect(
      await rowsOf(
        `symbol]) as row from pipeline.universe_members('top_3', '2026-06-25', '2026-06-25T22:30:00Z') order by 1`,
      ),
    ).to.deep.equal([['A'], ['B'], ['E']]);
    expect(
      await rowsOf(`universe, since::text]) as row from pipeline.symbol_universes('C', '2026-06-24')`),
    ).to.deep.equal([['top_3', TUESDAY]]);
    expect(
      await rowsOf(
        `action, symbol, session::text, reason]) as row from pipeline.universe_diff('top_3', '2026-06-22', '2026-06-27')`,
      ),
    ).to.deep.equal([
      ['added', 'C', TUESDAY, 'RANK_IN'],
      ['removed', 'D', TUESDAY, 'RANK_OUT'],
    ]);
    expect(
      await rowsOf(
        `symbol]) as row from pipeline.members(1, '2026-06-25', '2026-06-25T22:30:00Z') as symbol order by 1`,
      ),
    ).to.deep.equal([['A'], ['B'], ['E']]);
    expect(
      await rowsOf(
        `pipeline.find_universe('top_3'), pipeline.find_universe('others/top_3'), pipeline.find_universe('x')]) as row`,
      ),
    ).to.deep.equal([[1, 5, null]]);
  });
});
