import { RandomStream } from '../../phases/import/sample-market/random.js';
import type { SessionDate } from '../../src/core/session.js';
import type { ScreenerRow } from './screener-files.js';

const EXCHANGES = ['nasdaq', 'nyse', 'amex'] as const;
export type Exchange = (typeof EXCHANGES)[number];

/** One stock on one day, as the market closed. Units: USD, shares. */
export interface DayRow {
  readonly symbol: string;
  readonly exchange: Exchange;
  readonly sector: string;
  readonly close: number;
  /** Adjusted for a split of the day; null on the first day. */
  readonly previousClose: number | null;
  readonly volume: number;
  readonly capUsd: number;
}

export type MarketDay = readonly DayRow[];

/** What is special about a day; every field has an ordinary default. */
export interface DayEvents {
  /** Of all stocks: -0.08 is a crash. */
  readonly marketReturn?: number;
  /** Volume in parts of an ordinary day's. */
  readonly volumeRatio?: number;
  /** Symbol → new shares for one. The feed's share count follows a day later. */
  readonly splits?: Readonly<Record<string, number>>;
  readonly listed?: readonly string[];
  readonly gone?: readonly string[];
  /** Symbols that move to NASDAQ. */
  readonly moved?: readonly string[];
}

interface Stock {
  readonly symbol: string;
  exchange: Exchange;
  readonly sector: string;
  readonly usualVolume: number;
  shares: number;
  close: number | null;
}

/** Each has more than the hundred symbols from which an exchange is judged by itself. */
const SIZES: Readonly<Record<Exchange, number>> = { nasdaq: 360, nyse: 180, amex: 120 };
const LETTERS: Readonly<Record<Exchange, string>> = { nasdaq: 'N', nyse: 'Y', amex: 'A' };
const SECTORS = ['Technology', 'Finance', 'Health Care', 'Energy', 'Industrials', 'Utilities', 'Real Estate', ''];
const LARGEST_USD = 3e12;
const SMALLEST_USD = 30e6;

/**
 * The true closes of an invented market of 660 stocks over some sessions: the same in every run and on every machine.
 *
 * Shape: sessions oldest first → each with its rows. Symbols are a letter for the exchange (N, Y, A) and the place by size in it at the start:
 *        `N000` is the largest of the market.
 * Edges: caps are evenly spaced from 3 trillion to 30 million, 1.8 % from one to the next, and stocks move by 0.6 % beside the market: a list
 *        exchanges a member or two a day, as real ones do.
 */
export function inventMarket(
  sessions: readonly SessionDate[],
  eventsOf: (session: SessionDate) => DayEvents = () => ({}),
): Map<SessionDate, MarketDay> {
  const random = new RandomStream(20251103);
  const stocks = createStocks(random);
  const days = new Map<SessionDate, MarketDay>();
  for (const session of sessions) {
    const events = eventsOf(session);
    applyListings(stocks, events, random);
    const marketReturn = events.marketReturn ?? 0.005 * random.gaussian();
    days.set(
      session,
      stocks.map((stock) => trade(stock, marketReturn, events, random)),
    );
  }
  return days;
}

function createStocks(random: RandomStream): Stock[] {
  const exchanges = EXCHANGES.flatMap((exchange) =>
    Array.from({ length: SIZES[exchange] }, (_, at) => ({ exchange, at })),
  );
  // All three reach from the largest to the smallest.
  const bySize = exchanges.toSorted((left, right) => left.at / SIZES[left.exchange] - right.at / SIZES[right.exchange]);
  return bySize.map(({ exchange, at }, rank) => {
    const capUsd = LARGEST_USD * (SMALLEST_USD / LARGEST_USD) ** (rank / (bySize.length - 1));
    return createStock(`${LETTERS[exchange]}${String(at).padStart(3, '0')}`, exchange, capUsd, random);
  });
}

function createStock(symbol: string, exchange: Exchange, capUsd: number, random: RandomStream): Stock {
  const close = toCents(20 + 280 * random.uniform());
  return {
    symbol,
    exchange,
    sector: random.pick(SECTORS),
    usualVolume: 1e5 * (1 + 9 * random.uniform()),
    shares: Math.round(capUsd / close),
    close,
  };
}

function applyListings(stocks: Stock[], { listed = [], gone = [], moved = [] }: DayEvents, random: RandomStream): void {
  for (const symbol of listed) stocks.push({ ...createStock(symbol, 'nasdaq', 1e9, random), close: null });
  for (const symbol of gone)
    stocks.splice(
      stocks.findIndex((stock) => stock.symbol === symbol),
      1,
    );
  for (const stock of stocks) if (moved.includes(stock.symbol)) stock.exchange = 'nasdaq';
}

function trade(
  stock: Stock,
  marketReturn: number,
  { volumeRatio = 1, splits = {} }: DayEvents,
  random: RandomStream,
): DayRow {
  const factor = splits[stock.symbol] ?? 1;
  const previousClose = stock.close === null ? null : stock.close / factor;
  const close = toCents((previousClose ?? 25) * (1 + marketReturn + 0.006 * random.gaussian()));
  const capUsd = Math.round(close * stock.shares);
  stock.close = close;
  stock.shares *= factor;
  const { symbol, exchange, sector } = stock;
  const volume = Math.round(stock.usualVolume * volumeRatio * Math.exp(0.3 * random.gaussian()));
  return { symbol, exchange, sector, close, previousClose, volume, capUsd };
}

function toCents(price: number): number {
  return Math.round(price * 100) / 100;
}

/** The rows as the screener's files have them, by exchange. */
export function toScreenerRows(day: MarketDay): Record<Exchange, ScreenerRow[]> {
  const rows: Record<Exchange, ScreenerRow[]> = { nasdaq: [], nyse: [], amex: [] };
  for (const { symbol, exchange, sector, close, previousClose, volume, capUsd } of day) {
    const change = close - (previousClose ?? 0);
    rows[exchange].push({
      symbol,
      name: `${symbol} Corp. Common Stock`,
      lastsale: `$${close}`,
      netchange: String(Number(change.toFixed(6))),
      pctchange: previousClose === null ? '' : `${((100 * change) / previousClose).toFixed(3)}%`,
      volume: String(volume),
      marketCap: `${capUsd}.00`,
      ipoyear: '',
      sector,
    });
  }
  return rows;
}
