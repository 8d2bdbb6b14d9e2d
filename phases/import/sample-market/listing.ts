import type { SessionDate } from '../../../src/core/session.js';
import { createFund } from './funds.js';
import { mix, toUniform } from './random.js';
import { createStock, LARGE_CAP_FRACTION } from './securities.js';
import type { SampleSecurity, Taken } from './securities.js';

const STOCK_COUNT = 4500;
const FUND_COUNT = 150;

/** Given tickers are assigned to stocks of this size or larger: the large and the bigger mid caps. */
const GIVEN_RANKS = 1500;
/** Coprime with STOCK_COUNT, so that stepping by it reaches every rank once. */
const RANK_STEP = 1237;
/** Listings or delistings per session: one on average, none on three of ten. */
const DAILY_COUNTS = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2] as const;
/** At this distance from STOCK_COUNT, delistings pause or increase, so that the market keeps its size for years. */
const TOLERANCE = 30;
const SEASONING_SESSIONS = 60;

const SEEDS = { stock: 0x51a7e001, fund: 0x51a7e002, ipo: 0x51a7e003, delisting: 0x51a7e004, past: 0x51a7e005 };

interface ListingOptions {
  /** Sessions of listing for securities listed before the epoch. */
  readonly pastSessions: readonly SessionDate[];
  readonly stockSymbols: readonly string[];
  readonly fundSymbols: readonly string[];
}

/**
 * Listings by session. Sessions are numbered from the epoch, which is 0, and simulated in order, each from the state after the previous
 * one; simulating further never changes a past session.
 */
export class Listings {
  /** All securities ever listed, in order of listing. */
  readonly securities: SampleSecurity[] = [];
  readonly #taken: Taken;
  /** Stocks listed now, in an order that depends only on the past. */
  readonly #trading: SampleSecurity[] = [];
  #bySymbol: SampleSecurity[] | undefined;
  #ipos = 0;
  #reached = 0;

  constructor({ pastSessions, stockSymbols, fundSymbols }: ListingOptions) {
    this.#taken = { symbols: new Set([...stockSymbols, ...fundSymbols]), names: new Set() };
    const toPastSession = (seed: number): SessionDate => {
      const date = pastSessions[Math.floor(toUniform(mix(seed, SEEDS.past)) * pastSessions.length)];
      if (date === undefined) throw new RangeError('no session before the epoch');
      return date;
    };
    for (let rank = 0; rank < FUND_COUNT; rank++) {
      const seed = mix(SEEDS.fund, rank);
      const listing = { seed, rank, listDate: toPastSession(seed), symbol: fundSymbols[rank] };
      this.securities.push(createFund(listing, this.#taken));
    }
    const symbolOfRank = spread(stockSymbols.slice(0, STOCK_COUNT));
    for (let n = 0; n < STOCK_COUNT; n++) {
      const rank = (n * RANK_STEP) % STOCK_COUNT;
      const seed = mix(SEEDS.stock, n);
      const capFraction = (rank + 0.5) / STOCK_COUNT;
      const listing = {
        seed,
        capFraction,
        listedAt: -1,
        listDate: toPastSession(seed),
        symbol: symbolOfRank.get(rank),
      };
      this.#add(createStock(listing, this.#taken));
    }
  }

  /** Simulates up to the last of the sessions; `sessions[n]` is session number n. */
  advanceThrough(sessions: readonly SessionDate[]): void {
    for (const [session, date] of sessions.entries()) {
      if (session <= this.#reached) continue;
      this.#delist(session);
      this.#list(session, date);
      this.#reached = session;
    }
  }

  bySymbol(): readonly SampleSecurity[] {
    this.#bySymbol ??= this.securities.toSorted((a, b) => (a.record.symbol < b.record.symbol ? -1 : 1));
    return this.#bySymbol;
  }

  #add(stock: SampleSecurity): void {
    this.securities.push(stock);
    this.#trading.push(stock);
    this.#bySymbol = undefined;
  }

  #list(session: number, listDate: SessionDate): void {
    for (let count = dailyCount(SEEDS.ipo, session); count > 0; count--) {
      const seed = mix(SEEDS.ipo ^ SEEDS.stock, this.#ipos++);
      // The largest stocks are never new listings: they would move the top of every ranking.
      const capFraction = LARGE_CAP_FRACTION + (1 - LARGE_CAP_FRACTION) * toUniform(mix(seed, SEEDS.ipo));
      this.#add(createStock({ seed, capFraction, listedAt: session, listDate }, this.#taken));
    }
  }

  #delist(session: number): void {
    const surplus = this.#trading.length - STOCK_COUNT;
    const correction = Math.abs(surplus) > TOLERANCE ? Math.sign(surplus) : 0;
    let count = dailyCount(SEEDS.delisting, session) + correction;
    const seed = mix(SEEDS.delisting, -session);
    for (let draw = 0; count > 0; draw++) {
      const place = Math.floor(toUniform(mix(seed, draw)) * this.#trading.length);
      const stock = this.#trading[place];
      if (stock === undefined || !mayLeave(stock, session)) continue;
      stock.delistedAt = session;
      this.#trading[place] = this.#trading[this.#trading.length - 1] ?? stock;
      this.#trading.pop();
      count--;
    }
  }
}

function mayLeave(stock: SampleSecurity, session: number): boolean {
  const isSeasoned = stock.listedAt < 0 || session - stock.listedAt >= SEASONING_SESSIONS;
  return isSeasoned && stock.capFraction >= LARGE_CAP_FRACTION;
}

function dailyCount(seed: number, session: number): number {
  return DAILY_COUNTS[mix(seed, session) % DAILY_COUNTS.length] ?? 0;
}

/** Distributes the tickers evenly over the ranks, the first to the largest. */
function spread(symbols: readonly string[]): Map<number, string> {
  const ranks = Math.max(GIVEN_RANKS, symbols.length);
  return new Map(symbols.map((symbol, index) => [Math.floor((index * ranks) / symbols.length), symbol]));
}
