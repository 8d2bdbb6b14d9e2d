import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { Suspect } from '../../phases/cache-sync/valuation/cap-beliefs.js';
import { NO_PAST, type PastFigures } from '../../phases/cache-sync/valuation/past.js';
import type { Market, Security } from '../../phases/cache-sync/valuation/market.js';
import { valueStocks } from '../../phases/cache-sync/valuation/value-stocks.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import type { UniversesConfig } from '../../src/config/schema/index.js';
import type { SessionDate } from '../../src/core/session.js';
import { guessReference, type Reference } from './reference.js';

/** One line of the year of bars. Money in USD; `change` refers to the previous close adjusted for splits. */
interface Bar {
  readonly symbol: string;
  readonly close: number;
  readonly change: number;
  readonly volumeShares: number;
  readonly marketCapUsd: number;
}

/** The year of real bars session by session, oldest first. */
export async function* readSessions(file: string): AsyncGenerator<{ session: SessionDate; bars: Bar[] }> {
  let session: SessionDate | null = null;
  let bars: Bar[] = [];
  for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()) })) {
    const [date = '', symbol = '', ...figures] = line.split(',');
    if (date === 'date') continue;
    if (session !== null && date !== session) {
      yield { session, bars };
      bars = [];
    }
    session = date as SessionDate;
    const [close = NaN, change = NaN, volumeShares = 0, marketCapUsd = 0] = figures.map(Number);
    bars.push({ symbol, close, change, volumeShares, marketCapUsd });
  }
  if (session !== null) yield { session, bars };
}

/** Values session by session in memory as in runs, with the figures of the previous session. */
export class BarYear {
  /** Sessions valued, oldest first. */
  readonly sessions: SessionDate[] = [];
  readonly #calendar = new TradingCalendar();
  readonly #securities = new Map<string, Security>();
  #market: Market | null = null;

  constructor(
    private readonly references: ReadonlyMap<string, Reference>,
    private readonly config: UniversesConfig,
  ) {}

  /** Symbols without a bar are valued by their last one until it is older than `stalePriceSessions`; then they are dropped. */
  async value(session: SessionDate, bars: readonly Bar[]): Promise<Market> {
    this.sessions.push(session);
    for (const bar of bars) this.#securities.set(bar.symbol, this.#toSecurity(bar, session));
    const oldest = this.sessions.at(-1 - this.config.stalePriceSessions) ?? session;
    const priced = [...this.#securities.values()].filter(({ priceSession }) => (priceSession ?? '') >= oldest);
    priced.sort((left, right) => (left.symbol < right.symbol ? -1 : 1));
    const past = { ...NO_PAST, figures: this.#listFigures() };
    this.#market = await valueStocks(priced, session, {
      past,
      suspectCaps: { ...this.config.suspectCaps, calendar: this.#calendar },
    });
    return this.#market;
  }

  #toSecurity({ symbol, close, change, volumeShares, marketCapUsd }: Bar, session: SessionDate): Security {
    return {
      symbol,
      ...(this.references.get(symbol) ?? guessReference(symbol)),
      exchange: null,
      market: null,
      sicCode: null,
      listDate: null,
      quotedMarketCapUsd: marketCapUsd,
      isCapWithdrawn: false,
      sharesOutstanding: null,
      etfType: null,
      issuer: null,
      aumMillions: null,
      close,
      volumeShares,
      priceSession: session,
      seenSession: session,
      isQuiet: false,
      quotedPreviousClose: close - change,
    };
  }

  #listFigures(): PastFigures {
    const before = [...(this.#market?.securities.values() ?? [])];
    const suspects = before.flatMap(({ symbol, rawCapUsd, suspectSessions, doubt }): [string, Suspect][] =>
      rawCapUsd === null || doubt === null ? [] : [[symbol, { rawCapUsd, sessions: suspectSessions, doubt }]],
    );
    return {
      symbols: before.map(({ symbol }) => symbol),
      capsUsd: before.map(({ marketCapUsd }) => marketCapUsd),
      closes: before.map(({ close }) => close),
      suspects: new Map(suspects),
      countsSince: new Map(
        before.flatMap(({ symbol, countSince }) => (countSince === null ? [] : [[symbol, countSince]])),
      ),
      formerCounts: new Map(before.map(({ symbol, formerCounts }) => [symbol, formerCounts])),
      turnoverDays: null,
      leads: new Set(before.flatMap(({ symbol, company }) => (company === symbol ? [symbol] : []))),
    };
  }
}
