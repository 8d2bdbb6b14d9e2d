import type { TradingCalendar } from '../../../src/core/calendar.js';
import { PipelineError } from '../../../src/core/errors.js';
import { parseSessionDate } from '../../../src/core/session.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { BarRecord, SymbolRecord } from '../source.js';
import { Listings } from './listing.js';
import { createBar, Factors, PriceWalk } from './prices.js';
import type { SampleSecurity } from './securities.js';

/** First session of the sample market. */
export const SAMPLE_EPOCH = parseSessionDate('2025-01-02');
/** Listing dates before the epoch go back to the first year of the calendar. */
const PAST_FROM = parseSessionDate('2001-01-02');

interface SampleMarketOptions {
  /** Tickers assigned to large and mid-sized stocks, the first to the largest, so that themes have members. */
  readonly themeSymbols?: readonly string[];
  /** Tickers assigned to the first funds. */
  readonly etfSymbols?: readonly string[];
}

/**
 * A generated market: 4,500 stocks and 150 funds trading at any time, about one new listing and one delisting per session.
 *
 * Everything is a function of the options, the calendar and the session, so data generated up to one day stays valid on the next. The
 * companies are invented; only a given ticker is real.
 */
export interface SampleMarket {
  /**
   * Every security known on a session, listed or delisted by then, symbol ascending.
   * @throws EOD_SESSION_INVALID before the epoch or when it is not a session
   */
  symbols(asOf: SessionDate): SymbolRecord[];
  /**
   * Bars of all securities trading on the sessions, in their order, symbol ascending within a session.
   * @throws EOD_SESSION_INVALID before the epoch or when one is not a session
   */
  bars(sessions: readonly SessionDate[]): Generator<BarRecord>;
}

export function createSampleMarket(
  calendar: Pick<TradingCalendar, 'between'>,
  options: SampleMarketOptions = {},
): SampleMarket {
  return new GeneratedMarket(calendar, options);
}

class GeneratedMarket implements SampleMarket {
  readonly #calendar: Pick<TradingCalendar, 'between'>;
  readonly #listings: Listings;
  readonly #factors = new Factors();
  #sessions: readonly SessionDate[] = [];
  #numbers: ReadonlyMap<SessionDate, number> = new Map();
  /** State after the last bars, so that the next session does not start again from the epoch. */
  #walk = new PriceWalk();

  constructor(calendar: Pick<TradingCalendar, 'between'>, { themeSymbols = [], etfSymbols = [] }: SampleMarketOptions) {
    this.#calendar = calendar;
    const fundSymbols = toTickers(etfSymbols);
    this.#listings = new Listings({
      pastSessions: calendar.between(PAST_FROM, SAMPLE_EPOCH).slice(0, -1),
      fundSymbols,
      stockSymbols: toTickers(themeSymbols).filter((symbol) => !fundSymbols.includes(symbol)),
    });
  }

  symbols(asOf: SessionDate): SymbolRecord[] {
    const session = this.#numberOf(asOf);
    const known = this.#listings.bySymbol().filter((security) => security.listedAt <= session);
    return known.map((security) => this.#toRecord(security, session));
  }

  *bars(sessions: readonly SessionDate[]): Generator<BarRecord> {
    // A separate walk: two callers may be in the middle of their sessions at the same time.
    let walk = this.#walk.fork();
    for (const date of sessions) {
      const session = this.#numberOf(date);
      if (walk.reached >= session) walk = new PriceWalk();
      walk.advanceThrough(session - 1, this.#listings.securities);
      const before = walk.fork();
      walk.advanceThrough(session, this.#listings.securities);
      yield* this.#barsOf(session, date, before, walk);
      this.#walk = walk.fork();
    }
  }

  *#barsOf(session: number, date: SessionDate, before: PriceWalk, now: PriceWalk): Generator<BarRecord> {
    const indexes = new Map(this.#listings.securities.map((security, index) => [security, index]));
    for (const security of this.#listings.bySymbol()) {
      if (session < security.listedAt || session >= security.delistedAt) continue;
      const index = indexes.get(security) ?? 0;
      yield createBar(security, {
        session,
        date,
        before: before.deviationOf(index) + this.#factors.levelOf(security, session - 1),
        now: now.deviationOf(index) + this.#factors.levelOf(security, session),
      });
    }
  }

  #toRecord({ record, delistedAt }: SampleSecurity, session: number): SymbolRecord {
    if (delistedAt > session) return record;
    return { ...record, active: false, delistedDate: this.#sessions[delistedAt] ?? null };
  }

  /** The number of the session, after simulating the market up to it. */
  #numberOf(date: SessionDate): number {
    const last = this.#sessions.at(-1);
    if (last === undefined || date > last) {
      this.#sessions = this.#calendar.between(SAMPLE_EPOCH, date);
      this.#numbers = new Map(this.#sessions.map((session, number) => [session, number]));
      this.#listings.advanceThrough(this.#sessions);
      this.#factors.extendThrough(this.#sessions.length - 1);
    }
    const number = this.#numbers.get(date);
    if (number !== undefined) return number;
    throw new PipelineError('EOD_SESSION_INVALID', `The sample market has no session ${date}`, {
      hint: `use a NYSE session from ${SAMPLE_EPOCH} on`,
      context: { session: date, epoch: SAMPLE_EPOCH },
    });
  }
}

/** Tickers in the format of the sample market: one to five capital letters, also with a class as in BRK/B, without duplicates. */
function toTickers(symbols: readonly string[]): string[] {
  return [...new Set(symbols)].filter((symbol) => /^[A-Z]{1,5}(\/[A-Z])?$/.test(symbol));
}
