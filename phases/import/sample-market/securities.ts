import type { SessionDate } from '../../../src/core/session.js';
import type { SymbolRecord } from '../source.js';
import { drawCompanyName, drawTicker } from './names.js';
import { RandomStream } from './random.js';
import { SECTORS } from './sectors.js';

/** A security of the sample market: its reference data, and the parameters of its price path. */
export interface SampleSecurity {
  /** As while it is listed: active, without a delisting date. */
  readonly record: SymbolRecord;
  /** Session number of its first bar; -1 when it was listed before the epoch. */
  readonly listedAt: number;
  /** Session number after its last bar; Infinity while it is listed. */
  delistedAt: number;
  /** Share of all stocks that are larger when listed: 0 the largest, towards 1 the smallest. */
  readonly capFraction: number;
  readonly pathSeed: number;
  readonly basePriceUsd: number;
  readonly sharesOutstanding: number;
  /** Shares traded on a quiet day, as a fraction of the shares outstanding. */
  readonly turnoverRatio: number;
  /** Standard deviation of its daily return, without market and sector. */
  readonly volatility: number;
  readonly beta: number;
  /** Index in SECTORS; -1 for a fund. */
  readonly sectorIndex: number;
}

/** Names and tickers in use; they are not drawn again. */
export interface Taken {
  readonly symbols: Set<string>;
  readonly names: Set<string>;
}

interface StockListing {
  readonly seed: number;
  readonly capFraction: number;
  readonly listedAt: number;
  readonly listDate: SessionDate;
  /** A given ticker, instead of a drawn one. */
  readonly symbol?: string | undefined;
}

/**
 * Market cap by the share of stocks that are larger, linear between the points in log-log. Of 4,500 stocks about 28 are worth over 200e9,
 * 750 over 10e9, 1,900 over 2e9: the shape of the NASDAQ screener of June 2026, slightly smaller.
 */
const CAP_CURVE: readonly (readonly [fraction: number, capUsd: number])[] = [
  [0.0001, 3.1e12],
  [0.0062, 200e9],
  [0.167, 10e9],
  [0.42, 2e9],
  [0.72, 300e6],
  [0.92, 50e6],
  [1, 4e6],
];
/** Stocks from this rank down are below 10e9 when listed. */
export const LARGE_CAP_FRACTION = 0.167;

const COUNTRIES = [
  { name: 'United States', weight: 84, adr: false },
  { name: 'China', weight: 3, adr: true },
  { name: 'Canada', weight: 4, adr: false },
  { name: 'Israel', weight: 2, adr: false },
  { name: 'United Kingdom', weight: 2, adr: true },
  { name: 'Singapore', weight: 1, adr: false },
  { name: 'Bermuda', weight: 1, adr: false },
  { name: 'Ireland', weight: 1, adr: false },
  { name: 'Brazil', weight: 1, adr: true },
  { name: 'Japan', weight: 1, adr: true },
] as const;
const [HOME] = COUNTRIES;
const ADR_SHARE = 0.35;

/** Draws a new stock; adds its ticker and name to `taken`. */
export function createStock(listing: StockListing, taken: Taken): SampleSecurity {
  const { seed, capFraction, listedAt } = listing;
  const random = new RandomStream(seed);
  const sector = random.pickWeighted(SECTORS);
  const industry = random.pickWeighted(sector.industries);
  // A given ticker belongs to a theme, and themes contain common stock.
  const country = listing.symbol === undefined ? random.pickWeighted(COUNTRIES) : HOME;
  const name = drawUnique(taken.names, () => drawCompanyName(random, industry.words));
  const capUsd = toCapUsd(capFraction);
  const basePriceUsd = Math.min(700, Math.max(0.8, 2.5 * (capUsd / 50e6) ** 0.42 * Math.exp(0.7 * random.gaussian())));
  const sharesOutstanding = Math.round(capUsd / basePriceUsd);
  const record: SymbolRecord = {
    symbol: listing.symbol ?? drawTicker(random, name, taken.symbols),
    name,
    exchange: drawExchange(random, capFraction),
    type: country.adr && random.uniform() < ADR_SHARE ? 'ADRC' : 'CS',
    active: true,
    marketCapUsd: null,
    sharesOutstanding,
    sector: sector.name,
    industry: industry.name,
    country: country.name,
    listDate: listing.listDate,
    delistedDate: null,
    etf: null,
  };
  return {
    record,
    listedAt,
    delistedAt: Infinity,
    capFraction,
    pathSeed: random.below(2 ** 32),
    basePriceUsd,
    sharesOutstanding,
    turnoverRatio: 0.006 * Math.exp(0.7 * random.gaussian()),
    volatility: (0.02 + 0.01 * random.uniform()) * (0.6 + 0.65 * capFraction),
    beta: 0.6 + random.uniform(),
    sectorIndex: SECTORS.indexOf(sector),
  };
}

/** Draws until the value is new, and adds it. */
export function drawUnique(taken: Set<string>, draw: () => string): string {
  for (;;) {
    const value = draw();
    if (taken.has(value)) continue;
    taken.add(value);
    return value;
  }
}

function toCapUsd(fraction: number): number {
  const upper = CAP_CURVE.findIndex(([at]) => at >= fraction);
  const [rightFraction, rightCap] = CAP_CURVE[upper] ?? [1, 4e6];
  const [leftFraction, leftCap] = CAP_CURVE[upper - 1] ?? [rightFraction / 2, rightCap];
  const part = Math.log(fraction / leftFraction) / Math.log(rightFraction / leftFraction);
  return Math.exp(Math.log(leftCap) + part * Math.log(rightCap / leftCap));
}

function drawExchange(random: RandomStream, capFraction: number): string {
  const draw = random.uniform();
  if (capFraction < LARGE_CAP_FRACTION) return draw < 0.6 ? 'NYSE' : 'NASDAQ';
  if (capFraction > 0.6 && draw < 0.1) return 'AMEX';
  return draw < 0.65 ? 'NASDAQ' : 'NYSE';
}
