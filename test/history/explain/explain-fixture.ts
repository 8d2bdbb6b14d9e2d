import { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import { resolveMoment } from '../../../src/history/point-in-time.js';
import { readWhy } from '../../../src/history/explain/explain.js';
import type { Why } from '../../../src/history/explain/types.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY, TUESDAY, WEDNESDAY, writeListings } from '../../support/market.js';
import { evening, StoredHistory } from '../stored-history.js';

const calendar = new TradingCalendar();

/** Limits of a ranking of all five stocks. */
const RANKS = { kind: 'rank', of: 'stocks', group: null, candidates: 5 };

/**
 * Five stocks by market cap: A 100, B 50, C 24.2, D 24.1 and E 5 billion; A, D and E are Technology, spelt in two ways. F is a depositary
 * receipt, G has gone, X and Y are ETFs, V and W such of known assets.
 */

/** What these tests have in common; registers its hooks. */
export function useExplain() {
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
    await history.query(
      `insert into pipeline.symbol_fact (symbol, valid_from, type, aum_millions, active)
       values ('V', $1, 'ETF', 900, true), ('W', $1, 'ETF', 450.5, true)`,
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
      { symbol: 'V', cap: null, volume: 9, exclusion: 'NOT_COMMON', etfRank: 3 },
      { symbol: 'W', cap: null, volume: 9, exclusion: 'NOT_COMMON', etfRank: 4 },
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
    const byAssets = await history.addUniverse('top_3_etfs', { ...funds, size: 3 });
    const ofEtfs = { ...RANKS, of: 'etfs', candidates: 4, size: 3 };
    await history.addLimits(byAssets, WEDNESDAY, {
      ...ofEtfs,
      enter_rank: 3,
      enter_symbol: 'V',
      leave_rank: 4,
      leave_symbol: 'W',
    });
    await history.addMembers(byAssets, ['X', 'Y', 'V'], { from: MONDAY });
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
  return {
    get test() {
      return test;
    },
    ask,
    flipsOf,
  };
}
