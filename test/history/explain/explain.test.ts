import { expect } from 'chai';
import { TradingCalendar } from '../../../src/core/calendar.js';
import { parseSessionDate, type SessionDate } from '../../../src/core/session.js';
import { resolveMoment } from '../../../src/history/point-in-time.js';
import { readWhy } from '../../../src/history/explain/explain.js';
import type { Why } from '../../../src/history/explain/types.js';
import type { SnakeCased } from '../../../src/core/snake-case.js';
import type { WhyFacts } from '../../../src/history/explain/facts.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY, TUESDAY, WEDNESDAY, writeListings } from '../../support/market.js';
import { evening, StoredHistory } from '../stored-history.js';

const calendar = new TradingCalendar();

/** Limits of a ranking of all five stocks. */
const RANKS = { kind: 'rank', of: 'stocks', group: null, candidates: 5 };

/**
 * Five stocks by market cap: A 100, B 50, C 24.2, D 24.1 and E 5 billion; A, D and E are Technology, spelt in two ways. F is a depositary
 * receipt, G has gone, X and Y are ETFs.
 */
describe('why a symbol is in a universe', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
    const history = new StoredHistory(test.database);
    await writeListings(test.database, MONDAY, [
      { symbol: 'A', sector: 'Technology' },
      { symbol: 'B', sector: 'Energy' },
      { symbol: 'C', sector: 'Energy' },
      { symbol: 'D', sector: 'Energy' },
      { symbol: 'E', sector: ' technology ', listDate: '2026-06-12' },
      { symbol: 'F', type: 'ADRC' },
      { symbol: 'G', active: false },
      { symbol: 'X', type: 'ETF' },
      { symbol: 'Y', type: 'ETF' },
    ]);
    // What was known then goes before what is known now.
    await history.query(
      `insert into pipeline.symbol_fact (symbol, valid_from, name, type, sector, active) values ('D', $1, 'D Inc.', 'CS', 'Technology', true)`,
      [MONDAY],
    );
    for (const session of [MONDAY, TUESDAY, WEDNESDAY]) await history.publish(session, evening(session));
    await history.addValuations(WEDNESDAY, [
      { symbol: 'A', cap: 100e9, rank: 1, sectorGroup: 'technology', sectorRank: 1 },
      { symbol: 'B', cap: 50e9, rank: 2, flags: ['STALE_PRICE'], priceSession: TUESDAY },
      { symbol: 'C', cap: 24.2e9, rank: 3 },
      { symbol: 'D', cap: 24.1e9, rank: 4, source: 'source_market_cap', sectorGroup: 'technology', sectorRank: 2 },
      {
        symbol: 'E',
        cap: 5e9,
        rank: 5,
        flags: ['SUSPECT_CAP'],
        rawCap: 50e9,
        suspect: 2,
        sectorGroup: 'technology',
        sectorRank: 3,
      },
      { symbol: 'F', cap: 70e9, exclusion: 'NOT_COMMON' },
      { symbol: 'X', cap: null, volume: 9000, exclusion: 'NOT_COMMON', etfRank: 1 },
      { symbol: 'Y', cap: null, volume: 5000, exclusion: 'NOT_COMMON', etfRank: 2 },
    ]);

    const top = await history.addUniverse('top_3', { rule: 'ranking', of: 'all', size: 3 });
    await history.addLimits(top, WEDNESDAY, {
      ...RANKS,
      size: 3,
      enter_rank: 3,
      enter_symbol: 'C',
      leave_rank: 4,
      leave_symbol: 'D',
    });
    await history.addMembers(top, ['A', 'B'], { from: MONDAY });
    await history.addMembers(top, ['D'], { from: MONDAY, to: TUESDAY });
    await history.addMembers(top, ['C'], { from: TUESDAY });
    await history.addChanges(top, MONDAY, { '+A': 'FIRST_PUBLISH', '+B': 'FIRST_PUBLISH', '+D': 'FIRST_PUBLISH' });
    await history.addChanges(top, TUESDAY, { '+C': 'RANK_IN', '-D': 'RANK_OUT' });
    const leaders = { rule: 'ranking', of: 'sector', value: 'Technology', size: 2 };
    const technology = await history.addUniverse('top_2_technology', leaders);
    const inSector = { ...RANKS, of: 'sector', group: 'technology', candidates: 3 };
    await history.addLimits(technology, WEDNESDAY, {
      ...inSector,
      size: 2,
      enter_rank: 2,
      enter_symbol: 'D',
      leave_rank: 3,
      leave_symbol: 'E',
    });
    await history.addMembers(technology, ['A', 'D'], { from: MONDAY });
    const band = { rule: 'band', minUsd: 10e9, maxUsd: 200e9 };
    const large = await history.addUniverse('large_cap', band);
    await history.addLimits(large, WEDNESDAY, {
      kind: 'cap',
      min_usd: 10e9,
      max_usd: 200e9,
      out_below_usd: 10e9,
      out_above_usd: 200e9,
    });
    await history.addMembers(large, ['A', 'B', 'C', 'D'], { from: MONDAY });
    const wide = { ...band, minUsd: 25e9, banding: { capPct: 4, minStaySessions: 3 } };
    const wideCap = await history.addUniverse('wide_cap', wide);
    await history.addLimits(wideCap, WEDNESDAY, {
      kind: 'cap',
      min_usd: 25e9,
      max_usd: 200e9,
      out_below_usd: 24e9,
      out_above_usd: 208e9,
    });
    await history.addMembers(wideCap, ['A', 'B', 'C'], { from: TUESDAY });
    const buffer = { rule: 'ranking', of: 'all', size: 2, banding: { inRatio: 0.5, outRatio: 2, minStaySessions: 0 } };
    const banded = await history.addUniverse('top_2_banded', buffer);
    await history.addLimits(banded, WEDNESDAY, {
      ...RANKS,
      size: 2,
      enter_rank: 1,
      enter_symbol: 'A',
      leave_rank: 4,
      leave_symbol: 'D',
    });
    await history.addMembers(banded, ['A', 'C'], { from: MONDAY });
    const theme = await history.addUniverse('chips', {
      rule: 'theme',
      symbols: ['A'],
      rules: { all: [{ sector: ['Technology'] }], any: [], not: [] },
      maxSize: 3,
      pins: ['F'],
      exclusions: ['B'],
      minStaySessions: 5,
    });
    await history.addMembers(theme, ['A', 'F'], { from: MONDAY });
    await history.addMembers(theme, ['D'], { from: TUESDAY });
    await history.addChanges(theme, TUESDAY, { '+D': 'THEME_RULE_IN' });
    await history.addMembers(await history.addUniverse('recent_ipos', { rule: 'recent-ipo', days: 30 }), ['E'], {
      from: MONDAY,
    });
    const funds = { rule: 'complete', of: 'etfs', size: 1 };
    const etfs = await history.addUniverse('top_1_etfs', funds);
    await history.addLimits(etfs, WEDNESDAY, {
      ...RANKS,
      of: 'etfs',
      candidates: 2,
      size: 1,
      enter_rank: 1,
      enter_symbol: 'X',
      leave_rank: 2,
      leave_symbol: 'Y',
    });
    await history.addMembers(etfs, ['X'], { from: MONDAY });
    await history.addMembers(
      await history.addUniverse('all_stocks', { rule: 'complete', of: 'stocks', size: null }),
      ['A'],
      {
        from: MONDAY,
      },
    );
    await history.addMembers(await history.addUniverse('odd', { rule: 'of the future', size: 'large' }), ['A'], {
      from: MONDAY,
    });
    await history.query(
      `insert into pipeline.hold (run_id, session, universe_id, gate, measured, threshold, message, state, decided_by, decided_at,
                                  decision_reason, created_at)
       select r.id, $1::date, held.universe, held.gate, 12, 5, held.message, held.state, 'ann', $2::timestamptz, 'looked at it', $2::timestamptz
       from pipeline.run r, (values ($3::int, 'turnover', '12 % came or went', 'approved'), (null, 'coverage', null, 'rejected')) as held (universe, gate, message, state)
       where r.session = $1::date`,
      [WEDNESDAY, evening(WEDNESDAY), top],
    );
  });

  after(async () => {
    await test.drop();
  });

  const ask = async (symbol: string, name: string, asOf?: SessionDate): Promise<Why> =>
    readWhy(test.database, calendar, symbol, name, await resolveMoment(test.database, calendar, { asOf }));
  const flipsOf = async (symbol: string, name: string) => (await ask(symbol, name)).flips.map(({ text }) => text);

  it('tells a member its rank, its cap, where it came from, since when and why', async () => {
    const why = await ask('C', 'top_3');

    expect(why).to.deep.include({
      member: true,
      since: TUESDAY,
      position: 3,
      size: 3,
      rank: 3,
      marketCapUsd: 24.2e9,
      close: 10,
      shares: 2.42e9,
      capSource: 'close_x_shares',
      priceSession: WEDNESDAY,
      flags: [],
      exclusion: null,
      sector: 'Energy',
    });
    expect(why.entered).to.include({ session: TUESDAY, reason: 'RANK_IN', knownAt: '2026-06-23T22:00:00.000Z' });
    expect(why.sentences).to.deep.equal([
      'C is in Top 3 on 2026-06-24, number 3 of 3, since 2026-06-23: its rank came within the size (RANK_IN).',
      'The universe takes the first 3 eligible stocks by market cap.',
      'Its rank is 3 of 5 eligible stocks.',
      'Its market cap is $24.2B: close 10 times 2,420,000,000 shares.',
      'The universe was held by the gate turnover: 12 % came or went (hold 1, approved by ann: looked at it).',
      'The whole session was held by the gate coverage (hold 2, rejected by ann: looked at it).',
      'It leaves at rank 4 or a cap under $24.1B (that of D, 0.41 % lower than now).',
    ]);
  });

  it('tells who is no member when it left and what would bring it in', async () => {
    const why = await ask('D', 'top_3');

    expect(why).to.deep.include({
      member: false,
      since: null,
      position: null,
      entered: null,
      capSource: 'source_market_cap',
    });
    expect(why.left).to.include({ session: TUESDAY, reason: 'RANK_OUT' });
    expect(why.flips).to.deep.equal([
      {
        change: 'enters',
        rank: 3,
        capUsd: 24.2e9,
        dollarVolumeUsd: null,
        movePct: 0.41,
        session: null,
        text: 'enters at rank 3 or a cap above $24.2B (that of C, 0.41 % higher than now)',
      },
    ]);
  });

  it('knows what would flip it, whatever the rule', async () => {
    expect(await flipsOf('D', 'top_2_technology')).to.deep.equal([
      'leaves at rank 3 or a cap under $5.00B (that of E, 79.3 % lower than now)',
    ]);
    expect(await flipsOf('E', 'top_2_technology')).to.deep.equal([
      'enters at rank 2 or a cap above $24.1B (that of D, 382 % higher than now)',
    ]);
    expect(await flipsOf('C', 'top_2_technology')).to.deep.equal([]);
    expect(await flipsOf('A', 'large_cap')).to.deep.equal([
      'leaves with a cap under $10.0B (90.0 % lower than now)',
      'leaves with a cap from $200B (100 % higher than now)',
    ]);
    expect(await flipsOf('E', 'large_cap')).to.deep.equal(['enters with a cap from $10.0B (100 % higher than now)']);
    expect(await flipsOf('X', 'top_1_etfs')).to.deep.equal([
      'leaves at rank 2 or a dollar volume under $5,000 (that of Y, 44.4 % lower than now)',
    ]);
    // 12 June and 30 days are 12 July, a Sunday.
    expect(await flipsOf('E', 'recent_ipos')).to.deep.equal(['leaves on 2026-07-13, when it is seasoned']);
  });

  it('places a symbol in the buffer around a cut-off', async () => {
    const [kept, waiting, near] = [
      await ask('C', 'top_2_banded'),
      await ask('B', 'top_2_banded'),
      await ask('C', 'wide_cap'),
    ];

    expect(kept.banding).to.include({ state: 'buffer', inRank: 1, outRank: 4, staysUntil: null });
    expect(kept.flips[0]).to.include({ change: 'leaves', rank: 4, capUsd: 24.1e9 });
    expect(waiting.banding).to.include({ state: 'buffer' });
    expect(waiting.flips[0]).to.include({ change: 'enters', rank: 1, capUsd: 100e9 });
    // 25 billion less 4 percent; in since Tuesday, it stays for three sessions.
    expect(near.banding).to.include({
      state: 'buffer',
      outBelowUsd: 24e9,
      outAboveUsd: 208e9,
      staysUntil: '2026-06-26',
    });
    expect(near.flips.map(({ capUsd }) => capUsd)).to.deep.equal([24e9, 208e9]);
    expect(near.sentences).to.include(
      'There is a buffer around the cut-off: C is within it, and stays; a member stays from $24.0B to $208B. Having come in lately, it stays until 2026-06-26 at least.',
    );
  });

  it('tells how a theme takes in or keeps out', async () => {
    const sentences = async (symbol: string) => (await ask(symbol, 'chips')).sentences;

    expect(await sentences('A')).to.include('A is on the list of the theme.');
    expect(await sentences('F')).to.include('F is pinned in the theme.');
    expect(await sentences('B')).to.include('B is excluded from the theme.');
    expect(await sentences('D')).to.include(
      "It leaves when the theme's rules do not take it in any more, on 2026-06-30 at the earliest.",
    );
    expect((await ask('C', 'chips')).flips[0]).to.include({ change: 'enters', capUsd: 24.1e9 });
  });

  it('shows what is wrong with the figures', async () => {
    const [suspect, stale, receipt, gone] = [
      await ask('E', 'top_3'),
      await ask('B', 'top_3'),
      await ask('F', 'top_3'),
      await ask('G', 'top_3'),
    ];

    expect(suspect).to.deep.include({ flags: ['SUSPECT_CAP'], rawCapUsd: 50e9, marketCapUsd: 5e9, suspectSessions: 2 });
    expect(suspect.sentences)
      .to.include('Its market cap is taken as $5.00B.')
      .and.include(
        'The figure that came, $50.0B, is suspect for 2 sessions (SUSPECT_CAP): it moved far more than the price.',
      );
    expect(stale.sentences).to.include('Its price, 10, is that of 2026-06-23 (STALE_PRICE).');
    expect(receipt.sentences).to.include('F is not an eligible stock: it is not a common stock but ADRC (NOT_COMMON).');
    expect(gone.sentences).to.include('There are no figures of G for 2026-06-24: it is not active.');
    expect([receipt.flips, gone.flips]).to.deep.equal([[], []]);
  });

  it('answers for the past, for other rules, and refuses what there is not', async () => {
    const before = await ask('D', 'top_3', MONDAY);
    const odd = await ask('A', 'odd');
    const all = await ask('A', 'all_stocks');
    const refusals = await Promise.all(
      [ask('NOPE', 'top_3'), ask('A', 'top_4'), ask('A', 'top_3', parseSessionDate('2026-06-19'))].map((answer) =>
        answer.catch((error: unknown) => error),
      ),
    );

    expect(before).to.deep.include({ member: true, since: MONDAY, session: MONDAY, rank: null, figuresSession: null });
    expect(odd).to.deep.include({ member: true, flips: [], rank: 1, scope: null });
    expect(all).to.deep.include({ member: true, flips: [], scope: null });
    expect(refusals.map((refusal) => (refusal as { code: string }).code)).to.deep.equal([
      'EOD_SYMBOL_UNKNOWN',
      'EOD_UNIVERSE_UNKNOWN',
      'EOD_SESSION_INVALID',
    ]);
  });

  it('is answered in SQL with the same facts', async () => {
    const { rows } = await test.database.pool.query<{ facts: SnakeCased<WhyFacts> }>(
      `select pipeline.why('C', 'top_3') as facts`,
    );
    const why = await ask('C', 'top_3');

    const facts = rows[0]?.facts;
    expect(facts).to.deep.include({ member: why.member, since: why.since, position: why.position, size: why.size });
    expect(facts?.valuation).to.deep.include({
      rank: why.rank,
      market_cap_usd: why.marketCapUsd,
      source: why.capSource,
    });
    expect(facts?.scope).to.deep.include({ place: 3, size: 3, symbols: 5, enter_place: 3, leave_place: 4 });
    expect(facts?.scope?.leave).to.include({ symbol: 'D', market_cap_usd: 24.1e9 });
  });
});
