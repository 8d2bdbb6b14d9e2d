import fc from 'fast-check';
import type { Market, Security } from '../../phases/cache-sync/valuation/market.js';
import { CacheSyncPhase } from '../../phases/cache-sync/phase.js';
import type { Universe, UniverseRule } from '../../phases/cache-sync/universes/rule.js';
import { valueStocks, type ValuationRules } from '../../phases/cache-sync/valuation/value-stocks.js';
import { loadConfig, type DeepPartial } from '../../src/config/load.js';
import type { Config, ConfigInput } from '../../src/config/schema/index.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import type { PhaseReport } from '../../src/core/phase.js';
import type { SessionDate } from '../../src/core/session.js';
import type { Database } from '../../src/db/database.js';
import { runPhase, type PhaseRunOptions } from './phase-context.js';

/** The week most tests play in: Monday to Friday, no holiday. */
export const MONDAY = '2026-06-22' as SessionDate;
export const TUESDAY = '2026-06-23' as SessionDate;
export const WEDNESDAY = '2026-06-24' as SessionDate;
export const THURSDAY = '2026-06-25' as SessionDate;
export const FRIDAY = '2026-06-26' as SessionDate;
export const WEEK: readonly SessionDate[] = [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY];

/** A symbol and its bar of one session, as little of both as a test cares about. */
export interface Listing {
  readonly symbol: string;
  readonly name?: string | null;
  /** Default `CS`. */
  readonly type?: string | null;
  readonly sector?: string | null;
  readonly industry?: string | null;
  readonly exchange?: string | null;
  readonly market?: string | null;
  readonly listDate?: string | null;
  readonly delistedDate?: string | null;
  readonly active?: boolean;
  /** `symbols.market_cap`, USD; text for what a JavaScript number cannot say exactly. */
  readonly cap?: number | string | null;
  readonly shares?: number | string | null;
  readonly etfType?: string | null;
  readonly issuer?: string | null;
  readonly sicCode?: string | null;
  readonly aumMillions?: number | null;
  /** Null: no bar. Text for `NaN` and `Infinity`. Default 10. */
  readonly close?: number | string | null;
  /** Default 100. */
  readonly volume?: number | string;
  /** As the source says it; only `toSecurity` looks at it. */
  readonly previousClose?: number;
}

/** A listing as `load-market.ts` would load it, for tests without a database. */
export function toSecurity(listing: Listing, session: SessionDate): Security {
  const { close = 10, volume = 100 } = listing;
  return {
    symbol: listing.symbol,
    name: listing.name ?? null,
    type: listing.type === undefined ? 'CS' : listing.type,
    exchange: listing.exchange ?? null,
    market: listing.market ?? null,
    sector: listing.sector ?? null,
    industry: listing.industry ?? null,
    sicCode: listing.sicCode ?? null,
    listDate: listing.listDate ?? null,
    quotedMarketCapUsd: toNumberOrNull(listing.cap),
    isCapWithdrawn: false,
    sharesOutstanding: toNumberOrNull(listing.shares),
    etfType: listing.etfType ?? null,
    issuer: listing.issuer ?? null,
    aumMillions: listing.aumMillions ?? null,
    close: toNumberOrNull(close),
    volumeShares: close === null ? null : Number(volume),
    priceSession: close === null ? null : session,
    seenSession: close === null ? null : session,
    isQuiet: false,
    quotedPreviousClose: listing.previousClose ?? null,
  };
}

export function marketOf(
  listings: readonly Listing[],
  session: SessionDate = MONDAY,
  rules: ValuationRules = {},
): Promise<Market> {
  return valueStocks(
    listings.map((listing) => toSecurity(listing, session)),
    session,
    rules,
  );
}

/** The shipped configuration, its gates included, parts of it replaced. */
export function configOf(options: DeepPartial<ConfigInput> = {}): Config {
  return loadConfig({ options }).config;
}

/** Settings of `universes` for tests that set market caps as they need them, without a price that explains the move: all are believed. */
export const ANY_CAP = { suspectCaps: { factor: 1e12, largeCapUsd: 1e18 } } as const;

/** Universes that a rule gives, each as its members' symbols by key. */
export function selectSymbols(rule: UniverseRule, market: Market, config: Config): Record<string, string[]> {
  return Object.fromEntries(rule.select(market, config).map((universe) => [universe.key, symbolsOf(universe)]));
}

export function symbolsOf(universe: Pick<Universe, 'members'> | undefined): string[] {
  return universe?.members.map((member) => member.symbol) ?? [];
}

/**
 * Brings `symbols` to what the listings say and adds the session's bars; symbols not listed keep their rows as an import would leave them.
 */
export async function writeListings(
  database: Database,
  session: SessionDate,
  listings: readonly Listing[],
): Promise<void> {
  const rows = JSON.stringify(listings.map(toColumns));
  await database.pool.query(
    `insert into symbols (symbol, name, type, sector, industry, primary_exchange, market, list_date, delisted_date, active,
                          market_cap, weighted_shares_outstanding, etf_type, issuer)
     select symbol, name, type, sector, industry, exchange, market, list_date, delisted_date, active, cap, shares, etf_type, issuer
     from jsonb_to_recordset($1::jsonb) as l (symbol text, name text, type text, sector text, industry text, exchange text,
       market text, list_date date, delisted_date date, active boolean, cap bigint, shares bigint, etf_type text, issuer text)
     on conflict (symbol) do update
     set name = excluded.name, type = excluded.type, sector = excluded.sector, industry = excluded.industry,
         primary_exchange = excluded.primary_exchange, market = excluded.market, list_date = excluded.list_date,
         delisted_date = excluded.delisted_date, active = excluded.active, market_cap = excluded.market_cap,
         weighted_shares_outstanding = excluded.weighted_shares_outstanding, etf_type = excluded.etf_type,
         issuer = excluded.issuer`,
    [rows],
  );
  await database.pool.query(
    `insert into ohlcv_daily (symbol, date, close, volume)
     select symbol, $2, close, volume
     from jsonb_to_recordset($1::jsonb) as l (symbol text, close numeric, volume bigint)
     where close is not null
     on conflict (symbol, date) do update set close = excluded.close, volume = excluded.volume`,
    [rows, session],
  );
}

function toColumns(listing: Listing): Record<string, unknown> {
  const { type = 'CS', active = true, close = 10, volume = 100 } = listing;
  const { listDate: list_date, delistedDate: delisted_date, etfType: etf_type, ...same } = listing;
  return { ...same, type, active, close, volume, list_date, delisted_date, etf_type };
}

/** Runs the real cache sync for a session, in a stored run of its own. */
export async function sync(
  database: Database,
  session: SessionDate,
  options: Omit<PhaseRunOptions, 'session'> & { readonly config?: Config } = {},
): Promise<PhaseReport> {
  const phase = new CacheSyncPhase(database, options.config ?? configOf(), new TradingCalendar());
  return runPhase(phase, database, { ...options, session });
}

/**
 * A market small enough for hundreds of property runs, and full of ties: few caps, few sectors, some of everything that excludes a stock.
 */
export function listings(symbols: readonly string[]): fc.Arbitrary<Listing[]> {
  return fc
    .tuple(...symbols.map((symbol) => fc.option(listing(symbol), { nil: undefined, freq: 5 })))
    .map((all) => all.filter((each) => each !== undefined));
}

function listing(symbol: string): fc.Arbitrary<Listing> {
  return fc.record({
    symbol: fc.constant(symbol),
    name: fc.constantFrom(null, `${symbol} Inc.`, `${symbol} Growth "Fund", \\ Ünï`),
    type: fc.constantFrom('CS', 'CS', 'CS', 'CS', 'ADRC', 'ETF', 'WARRANT'),
    sector: fc.constantFrom(null, 'Technology', 'Energy'),
    industry: fc.constantFrom(null, 'Oil & Gas', 'Software', 'Banks'),
    exchange: fc.constantFrom('NYSE', 'NASDAQ'),
    cap: fc.constantFrom(null, 0, 40e6, 60e6, 300e6, 2e9, 2e9, 10e9, 250e9),
    shares: fc.constantFrom(null, 1e6, 50e6),
    close: fc.constantFrom(null, 'NaN', 2, 10, 10, 50),
    volume: fc.constantFrom(0, 100, 100, 5000),
    active: fc.constantFrom(true, true, true, true, true, false),
    listDate: fc.constantFrom(null, '2020-01-02', '2026-06-12', '2026-06-24'),
    delistedDate: fc.constantFrom(null, null, null, null, '2026-06-24'),
  });
}

function toNumberOrNull(value: number | string | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
