import { expect } from 'chai';
import type { Gate, GateFacts, GateStatus } from '../../../../../phases/cache-sync/holds/gate.js';
import { changedSectors } from '../../../../../phases/cache-sync/holds/gates/changed-sectors.js';
import { coverage } from '../../../../../phases/cache-sync/holds/gates/coverage.js';
import { asksForEarlier, previousClose } from '../../../../../phases/cache-sync/holds/gates/previous-close.js';
import { rowCount } from '../../../../../phases/cache-sync/holds/gates/row-count.js';
import type { Rename } from '../../../../../src/securities/renames/match-renames.js';
import { renames } from '../../../../../phases/cache-sync/holds/gates/renames.js';
import { scaledCaps } from '../../../../../phases/cache-sync/holds/gates/scaled-caps.js';
import { suspectCaps } from '../../../../../phases/cache-sync/holds/gates/suspect-caps.js';
import { turnover } from '../../../../../phases/cache-sync/holds/gates/turnover.js';
import { unchangedCloses } from '../../../../../phases/cache-sync/holds/gates/unchanged-closes.js';
import { unknownSector } from '../../../../../phases/cache-sync/holds/gates/unknown-sector.js';
import { volume } from '../../../../../phases/cache-sync/holds/gates/volume.js';
import type { ExchangeMeasure, SessionMeasures } from '../../../../../phases/cache-sync/holds/session-measures.js';
import type { Market } from '../../../../../phases/cache-sync/valuation/market.js';
import type { SessionDate } from '../../../../../src/core/session.js';
import { marketOf, MONDAY, TUESDAY } from '../../../../support/market.js';
import { exchangeOf, factsOf, measuresOf, pastOf, SHIPPED } from './facts.js';

type Side = readonly [facts: Partial<GateFacts> | Promise<Partial<GateFacts>>, found: GateStatus | 'not judged'];

/** One row a threshold: the last value on one side, the first on the other. The shipped thresholds. */
type Edge = readonly [gate: Gate, what: string, inside: Side, outside: Side];

const feed = (parts: Partial<ExchangeMeasure>, more: Partial<SessionMeasures> = {}): Partial<GateFacts> => ({
  measures: measuresOf([exchangeOf(parts)], more),
});
/** Two exchanges: one on an ordinary day, and the one in question. */
const beside = (parts: Partial<ExchangeMeasure>): Partial<GateFacts> => ({
  measures: measuresOf([exchangeOf(), exchangeOf({ exchange: 'NYSE', ...parts })]),
});
const bars = (count: number) => feed({ bars: count, previousBars: 4000 });
/** After a held session with half of them. */
const barsAfterHold = (count: number) =>
  feed({ bars: count, previousBars: 2000 }, { wasPreviousHeld: true, trustedBars: new Map([['', 4000]]) });
const ofExchange = (count: number, previousBars: number) => beside({ bars: count, previousBars });
const unchanged = (count: number, compared = 4000) => feed({ unchanged: count, compared });
const matching = (count: number, withPreviousClose = 4000, more: Partial<SessionMeasures> = {}) =>
  feed({ matching: count, withPreviousClose }, more);
const matchingEarlier = (count: number) => feed({ matching: 0, matchingEarlier: count }, { wasPreviousHeld: true });
const afterGap = (count: number) => matching(count, 4000, { isPreviousMissing: true });
const traded = (medianVolume: number, sessions = 20) =>
  feed({}, { medianVolume, usualVolumes: new Map([['', Array.from({ length: sessions }, () => 100_000)]]) });
/** Few bars, and far fewer than there were: only the size decides whether that is judged. */
const small = (previousBars: number) => feed({ bars: 200, previousBars });
const quiet = (previousBars: number) =>
  feed({ bars: 200, previousBars }, { medianVolume: 1, usualVolumes: new Map([['', [9, 9, 9, 9, 9]]]) });

interface Listed {
  readonly priceSession?: SessionDate;
  readonly type?: string;
  readonly capUsd?: number;
}

/** A hundred stocks of a billion with a price on Tuesday, of which the last are as given. */
async function listed(last: readonly Listed[], parts: Partial<GateFacts> = {}): Promise<Partial<GateFacts>> {
  const all = [...Array.from({ length: 100 - last.length }, (): Listed => ({})), ...last];
  const symbols = all.map((_, index) => `S${String(index).padStart(2, '0')}`);
  const market = await marketOf(
    all.map(({ type = 'CS' }, index) => ({ symbol: symbols[index] ?? '', type, cap: 1e9 })),
    TUESDAY,
  );
  const securities = new Map(
    [...market.securities].map(([symbol, security], index) => [
      symbol,
      { ...security, ...seen(all[index]?.priceSession ?? TUESDAY) },
    ]),
  );
  const capsUsd = all.map(({ capUsd = 1e9 }) => capUsd);
  return { market: { ...market, securities }, pastFigures: pastOf(symbols, capsUsd), ...parts };
}

const seen = (session: SessionDate) => ({ priceSession: session, seenSession: session });

const absent = (count: number, capUsd: number): readonly Listed[] =>
  Array.from({ length: count }, () => ({ priceSession: MONDAY, capUsd }));

/** A market of 5 bars that had 5: judged only where enough symbols have traded within 30 days. */
const lately = (priceSession: string) =>
  listed([...absent(50, 1), { priceSession: priceSession as SessionDate }], {
    measures: measuresOf([exchangeOf({ bars: 5, previousBars: 5 })]),
    config: { ...SHIPPED, minSymbols: 100 },
  });

async function flagged(count: number): Promise<Partial<GateFacts>> {
  const { market } = (await listed([])) as { market: Market };
  const stocks = market.stocks.map((stock, at) => ({ ...stock, flags: at < count ? ['SUSPECT_CAP'] : [] }));
  return { market: { ...market, stocks } };
}

async function renamed(count: number): Promise<Partial<GateFacts>> {
  const { market } = (await listed([])) as { market: Market };
  const names = Array.from({ length: count }, (_, at): [string, Rename] => [
    `N${at}`,
    { from: `O${at}`, to: `N${at}` } as Rename,
  ]);
  return { market: { ...market, renames: new Map(names) } };
}

async function sectorless(count: number): Promise<Partial<GateFacts>> {
  const { market } = (await listed([])) as { market: Market };
  const stocks = market.stocks.map((stock, at) => ({ ...stock, sector: at < count ? null : 'Energy' }));
  return { market: { ...market, stocks } };
}

/** A hundred stocks of energy, of which that many were of another sector. */
async function moved(stocks: number, from: string, to = 'Energy'): Promise<Partial<GateFacts>> {
  const { market } = (await listed([])) as { market: Market };
  const all = market.stocks.map((stock) => ({ ...stock, sector: 'Energy' }));
  const config = { ...SHIPPED, changedSectors: { ...SHIPPED.changedSectors, maxSectorPct: 100 } };
  return { market: { ...market, stocks: all }, sectorMoves: [{ from, to, stocks }], config };
}

/** The same hundred, of which that many were of another sector that has the rest. */
async function movedAmong(stocks: number, stayed: number): Promise<Partial<GateFacts>> {
  const { market } = (await listed([])) as { market: Market };
  const all = market.stocks.map((stock, at) => ({ ...stock, sector: at < stayed ? 'Finance' : 'Energy' }));
  const config = { ...SHIPPED, changedSectors: { ...SHIPPED.changedSectors, maxPct: 100 } };
  return { market: { ...market, stocks: all }, sectorMoves: [{ from: 'Finance', to: 'Energy', stocks }], config };
}

/** A hundred stocks, of which that many have so many times the market cap of the session before at the same price. */
async function scaled(count: number, factor: number, before = 1e9): Promise<Partial<GateFacts>> {
  const { market } = (await listed([])) as { market: Market };
  const all = [...market.securities.values()];
  const symbols = all.map(({ symbol }) => symbol);
  const securities = new Map(
    all.map((security, at) => [
      security.symbol,
      at < count ? { ...security, marketCapUsd: before * factor } : security,
    ]),
  );
  return {
    market: { ...market, securities },
    pastFigures: pastOf(
      symbols,
      symbols.map(() => before),
    ),
  };
}

const TOP = { type: 'stock_universe', name: 'market_leaders', key: 'top' };
const exchanged = (count: number, before: number, sessions = 0): Partial<GateFacts> => ({
  turnovers: [{ universe: TOP, before, added: count, removed: 0, doubtful: 0 }],
  history: {
    ratiosOf: () => Array.from({ length: sessions }, () => 0),
    publishedBefore: () => MONDAY,
    heldAlone: () => 0,
  },
});

/** NASDAQ in shares, where NYSE has its usual 100,000. */
const tradedOn = (medianVolume: number): Partial<GateFacts> => {
  const usual = [100_000, 100_000, 100_000, 100_000, 100_000];
  const usualVolumes = new Map(['', 'NASDAQ', 'NYSE'].map((exchange) => [exchange, usual]));
  const exchanges = [exchangeOf({ medianVolume }), exchangeOf({ exchange: 'NYSE' })];
  return { measures: measuresOf(exchanges, { medianVolume: 80_000, usualVolumes }) };
};

const EDGES: readonly Edge[] = [
  [changedSectors, '10 % of all stocks', [moved(10, 'Tech'), 'pass'], [moved(11, 'Tech'), 'hold']],
  [changedSectors, 'another sector, not another spelling', [moved(90, ' ENERGY'), 'pass'], [moved(90, 'Tech'), 'hold']],
  [changedSectors, '50 % of a sector', [movedAmong(20, 20), 'pass'], [movedAmong(21, 20), 'hold']],
  [changedSectors, 'ten stocks of a sector', [movedAmong(9, 0), 'pass'], [movedAmong(9, 1), 'hold']],
  [scaledCaps, '40 market caps by one factor', [scaled(40, 1.37), 'pass'], [scaled(41, 1.37), 'hold']],
  [scaledCaps, 'two percent', [scaled(90, 1.019), 'pass'], [scaled(90, 1.021), 'hold']],
  [volume, '60 % of the usual volume of the other exchange', [tradedOn(60_000), 'pass'], [tradedOn(59_999), 'hold']],
  [volume, '65 % of the usual volume', [traded(65_000), 'pass'], [traded(64_999), 'hold']],
  [volume, 'five sessions to know what is usual', [traded(1, 4), 'not judged'], [traded(1, 5), 'hold']],
  [volume, '500 symbols before', [quiet(499), 'not judged'], [quiet(500), 'hold']],
  [coverage, '95 % of symbols', [listed(absent(5, 0)), 'pass'], [listed(absent(6, 0)), 'hold']],
  // 96 billion of 96.97, and four dollars more.
  [coverage, '99 % of market cap', [listed(absent(4, 242_424_242)), 'pass'], [listed(absent(4, 242_424_243)), 'hold']],
  [
    coverage,
    'more than three stocks without a price',
    [listed(absent(3, 4e9)), 'warn'],
    [listed(absent(4, 4e9)), 'hold'],
  ],
  [
    coverage,
    'market cap of stocks alone',
    [listed([{ priceSession: MONDAY, type: 'SP', capUsd: 4e12 }]), 'pass'],
    [listed([{ priceSession: MONDAY, capUsd: 4e12 }]), 'warn'],
  ],
  [
    coverage,
    'a last price on the day from which one is expected',
    [listed(absent(6, 0), { tradedSince: TUESDAY }), 'pass'],
    [listed(absent(6, 0), { tradedSince: MONDAY }), 'hold'],
  ],
  // 30 days before Tuesday, 23 June.
  [coverage, 'traded within 30 days', [lately('2026-05-23'), 'not judged'], [lately('2026-05-24'), 'hold']],
  [rowCount, '5 % fewer bars', [bars(3800), 'pass'], [bars(3799), 'hold']],
  [rowCount, '5 % fewer than before a held session', [barsAfterHold(3800), 'pass'], [barsAfterHold(3799), 'hold']],
  [rowCount, '10 % fewer bars of an exchange', [ofExchange(900, 1000), 'pass'], [ofExchange(899, 1000), 'hold']],
  [rowCount, 'an exchange of 100 symbols', [ofExchange(50, 99), 'pass'], [ofExchange(50, 100), 'hold']],
  [rowCount, 'an exchange of 20 that vanishes', [ofExchange(0, 19), 'pass'], [ofExchange(0, 20), 'hold']],
  [rowCount, '500 symbols before', [small(499), 'not judged'], [small(500), 'hold']],
  [
    rowCount,
    '500 symbols now',
    [feed({ bars: 499, previousBars: 9 }), 'not judged'],
    [feed({ bars: 500, previousBars: 100 }), 'pass'],
  ],
  [unchangedCloses, '25 % unchanged', [unchanged(1000), 'pass'], [unchanged(1001), 'warn']],
  [unchangedCloses, '50 % unchanged', [unchanged(2000), 'warn'], [unchanged(2001), 'hold']],
  [unchangedCloses, 'a hundred to compare', [unchanged(99, 99), 'not judged'], [unchanged(100, 100), 'hold']],
  [previousClose, '90 % agree', [matching(3600), 'pass'], [matching(3599), 'warn']],
  [previousClose, '50 % agree', [matching(2000), 'warn'], [matching(1999), 'hold']],
  [previousClose, 'a hundred to compare', [matching(0, 99), 'not judged'], [matching(0, 100), 'hold']],
  [
    previousClose,
    '50 % agree with an earlier session',
    [matchingEarlier(2000), 'warn'],
    [matchingEarlier(2001), 'hold'],
  ],
  [previousClose, '50 % agree over a gap', [afterGap(2000), 'pass'], [afterGap(2001), 'hold']],
  [unknownSector, '35 % without a sector', [sectorless(35), 'pass'], [sectorless(36), 'hold']],
  [suspectCaps, '10 % suspect', [flagged(10), 'pass'], [flagged(11), 'hold']],
  [renames, '25 other tickers', [renamed(25), 'pass'], [renamed(26), 'hold']],
  [turnover, '30 % exchanged', [exchanged(150, 500), 'pass'], [exchanged(151, 500), 'hold']],
  [turnover, 'fifty members', [exchanged(49, 49), 'not judged'], [exchanged(50, 50), 'hold']],
  [turnover, 'a history of 20 sessions', [exchanged(100, 500, 19), 'pass'], [exchanged(100, 500, 20), 'hold']],
  [turnover, '5 % of a list that never changes', [exchanged(25, 500, 20), 'pass'], [exchanged(26, 500, 20), 'hold']],
];

describe('thresholds of the gates', () => {
  for (const [gate, what, inside, outside] of EDGES) {
    it(`${gate.id}: ${what}`, async () => {
      for (const [facts, expected] of [inside, outside]) {
        const [result] = gate.check(factsOf(await facts));
        expect(result?.measured === null ? 'not judged' : result?.status).to.equal(expected);
      }
    });
  }

  it('previous-close: earlier closes are read when fewer than half of a hundred agree', () => {
    const asks = (count: number, withPreviousClose: number): boolean => {
      const exchanges = [exchangeOf({ matching: count, withPreviousClose })];
      return asksForEarlier({ previousSession: MONDAY, exchanges, medianVolume: null, unlistedBars: 0 }, SHIPPED);
    };

    expect([asks(50, 100), asks(49, 100), asks(0, 99)]).to.deep.equal([false, true, false]);
  });
});
