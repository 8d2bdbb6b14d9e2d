import type { SessionDate } from '../../../src/core/session.js';
import type { BarRecord } from '../source.js';
import { mix, toGaussian, toUniform } from './random.js';
import { SECTORS } from './sectors.js';
import type { SampleSecurity } from './securities.js';

/*
 * log price = log base + beta × market + sector + own deviation. Each of the three is a random walk that reverts to zero, so prices and
 * caps keep their distribution for years. Only the sums are walked; the exponential is computed for requested bars only.
 */
const MARKET = { seed: 0x3a4b0001, volatility: 0.01, persistence: persistence(250) };
const SECTOR = { seed: 0x3a4b0100, volatility: 0.005, persistence: persistence(250) };
const OWN_PERSISTENCE = persistence(120);
/** About once a year, news moves a security this many times as far as on a usual day. */
const GAP_FACTOR = 5;
const INTRADAY_SALT = 0x2545f491;

/** Levels of the market and of every sector, by session number. */
export class Factors {
  readonly #market: number[] = [];
  readonly #sectors: number[][] = SECTORS.map(() => []);

  extendThrough(session: number): void {
    extend(this.#market, MARKET, 0, session);
    this.#sectors.forEach((levels, index) => extend(levels, SECTOR, index + 1, session));
  }

  /** Contribution of market and sector to the log price of a security; 0 before the epoch. */
  levelOf(security: SampleSecurity, session: number): number {
    const sector = this.#sectors[security.sectorIndex]?.[session] ?? 0;
    return security.beta * (this.#market[session] ?? 0) + sector;
  }
}

/** The deviation of every security, walked session by session. */
export class PriceWalk {
  readonly #deviations: number[];
  #reached: number;

  constructor(reached = -1, deviations: number[] = []) {
    this.#reached = reached;
    this.#deviations = deviations;
  }

  /** Number of the last session walked; -1 at the start. */
  get reached(): number {
    return this.#reached;
  }

  /** A copy that continues independently from here. */
  fork(): PriceWalk {
    return new PriceWalk(this.#reached, [...this.#deviations]);
  }

  deviationOf(index: number): number {
    return this.#deviations[index] ?? 0;
  }

  /** Walks through a session; `securities` in order of listing. */
  advanceThrough(session: number, securities: readonly SampleSecurity[]): void {
    securities.forEach((security, index) => {
      const last = Math.min(session, security.delistedAt - 1);
      let deviation = this.deviationOf(index);
      for (let at = Math.max(this.#reached + 1, security.listedAt); at <= last; at++) {
        deviation = nextDeviation(deviation, security, at);
      }
      this.#deviations[index] = deviation;
    });
    this.#reached = Math.max(this.#reached, session);
  }
}

interface BarLevels {
  readonly session: number;
  readonly date: SessionDate;
  /** Log of the price over the base price, on the session before and on this one. */
  readonly before: number;
  readonly now: number;
}

/**
 * The bar of one session.
 *
 * Units:  USD, in cents from 1 up and in hundredths of a cent below; volume in shares, at least 1.
 * Edges:  rounding never changes the order, so low ≤ open and close ≤ high stay true.
 */
export function createBar(security: SampleSecurity, { session, date, before, now }: BarLevels): BarRecord {
  const seed = security.pathSeed ^ INTRADAY_SALT;
  const draw = (place: number): number => mix(seed, session * 4 + place);
  const previous = security.basePriceUsd * Math.exp(before);
  const close = security.basePriceUsd * Math.exp(now);
  const move = now - before;
  const wasGap = Math.abs(move) > 3 * security.volatility;
  const overnight = wasGap ? 0.85 : 0.5 * toUniform(draw(0));
  const reach = security.volatility * 0.6;
  const open = (previous + overnight * (close - previous)) * (1 + 0.15 * reach * toGaussian(draw(1)));
  const high = Math.max(open, close) * (1 + reach * toUniform(draw(2)));
  const low = Math.min(open, close) * (1 - reach * toUniform(Math.imul(draw(2), 0x9e3779b1) >>> 0));
  const crowd = Math.exp(0.45 * toGaussian(draw(3))) * (1 + 15 * Math.abs(move));
  return {
    symbol: security.record.symbol,
    date,
    open: toTick(open),
    high: toTick(high),
    low: toTick(low),
    close: toTick(close),
    volume: Math.max(1, Math.round(security.sharesOutstanding * security.turnoverRatio * crowd)),
  };
}

function nextDeviation(deviation: number, security: SampleSecurity, session: number): number {
  const word = mix(security.pathSeed, session);
  // Scrambled once more, so that the presence of news is independent of its direction.
  const isGap = Math.imul(word, 0x9e3779b1) >>> 24 === 0;
  return deviation * OWN_PERSISTENCE + toGaussian(word) * security.volatility * (isGap ? GAP_FACTOR : 1);
}

function extend(levels: number[], factor: typeof MARKET, stream: number, session: number): void {
  for (let at = levels.length; at <= session; at++) {
    const shock = toGaussian(mix(factor.seed + stream, at)) * factor.volatility;
    levels.push((levels[at - 1] ?? 0) * factor.persistence + shock);
  }
}

function toTick(price: number): number {
  return price >= 1 ? Math.round(price * 100) / 100 : Math.round(price * 10_000) / 10_000;
}

/** The remaining part of a deviation after one session, for a half-life in sessions. */
function persistence(halfLifeSessions: number): number {
  return 0.5 ** (1 / halfLifeSessions);
}
