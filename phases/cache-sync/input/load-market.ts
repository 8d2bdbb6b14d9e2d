import type { Hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { PipelineError } from '../../../src/core/errors.js';
import type { SessionDate } from '../../../src/core/session.js';
import { hashFacts, loadFacts, type LoadedFacts } from './load-facts.js';
import type { Security } from '../valuation/market.js';
import { findIndex } from '../valuation/past-reader.js';
import type { SecurityLookup } from '../valuation/renames.js';
import { measureBars } from './session-stats.js';
import type { BarMeasures } from '../holds/session-measures.js';
import { Columns, type Fact } from './read-columns.js';
import { JUDGED_PRICES, PRICES, READ_JUDGED_PRICES, READ_PRICES } from './read-prices.sql.js';

export interface LoadedMarket {
  /** Created lazily on each iteration: materialising 143,000 costs 25 MB and GC time. */
  readonly securities: Iterable<Security>;
  readonly count: number;
  readonly lookup: SecurityLookup;
  readonly bars: BarMeasures;
  /** Hash of everything loaded, independent of the order of rows in the tables. */
  readonly inputHash: string;
}

/**
 * Every active security with its recorded facts and its newest close up to the session, symbol ascending; delisted ones only where they
 * have a bar again. Two statements, which an evening sends on two connections (`read-sync.ts`).
 *
 * @throws EOD_PHASE_FAILED when the listed symbols repeatedly change between the two statements, which a repeatable-read transaction does
 * not see
 */
export async function loadMarket(client: PoolClient, session: SessionDate): Promise<LoadedMarket> {
  const load = async () => [await loadFacts(client, session), await loadPrices(client, session)] as const;
  let [facts, prices] = await load();
  for (let attempt = 1; attempt < ATTEMPTS && facts.listed !== prices.listed; attempt += 1)
    [facts, prices] = await load();
  return joinMarket(facts, prices);
}

const ATTEMPTS = 3;

/** Prices with the measures the session is judged by. */
export async function loadPrices(client: PoolClient, session: SessionDate): Promise<Columns> {
  return Columns.read(client, READ_JUDGED_PRICES, JUDGED_PRICES, session);
}

/** Prices as the database sent them, for a hash only. */
export async function readPrices(client: PoolClient, session: SessionDate): Promise<Columns> {
  return Columns.read(client, READ_PRICES, PRICES, session);
}

/** The hash of the market, without building the market. */
export async function hashMarket(facts: Columns, prices: Columns): Promise<string> {
  assertSameSymbols(facts, prices);
  const [caps, closes, shares] = [
    await prices.list('quoted_cap'),
    await prices.list('close'),
    await facts.list('shares'),
  ];
  return hashPrices(await hashFacts(facts), prices, listDecisiveCaps(caps, closes, shares));
}

async function hashPrices(hash: Hash, prices: Columns, decisiveCaps: readonly Fact[]): Promise<string> {
  await prices.hashInto(hash, ['close', 'volume', 'quoted_close', ...Object.keys(PRICES.unusual)]);
  return hash.update(JSON.stringify(decisiveCaps)).digest('hex');
}

function assertSameSymbols(facts: Pick<Columns, 'listed'>, prices: Columns): void {
  if (prices.listed === facts.listed) return;
  throw new PipelineError('EOD_PHASE_FAILED', 'the listed symbols changed during the read', {
    hint: 'run it again while no other program writes symbols and bars',
  });
}

/** @throws EOD_PHASE_FAILED when the two have different symbols */
export async function joinMarket(facts: LoadedFacts, prices: Columns): Promise<LoadedMarket> {
  assertSameSymbols(facts, prices);
  const { symbols, exchanges, shares, hash } = facts;
  const [closes, volumes] = [await prices.list('close'), await prices.list('volume')];
  const [quotedCloses, caps] = [await prices.list('quoted_close'), await prices.list('quoted_cap')];
  const seenSessionOf = prices.unusual('seen_date');
  const [isSeenHeld, trustedSessionOf] = [prices.unusual('is_seen_held'), prices.unusual('trusted_date')];
  const isQuiet = prices.unusual('is_quiet');
  const isCapMissing = prices.unusual('is_cap_missing');
  const previousSession = prices.single('previous_session') as SessionDate | null;
  const compared = (await prices.list('compared')) as number[];
  const barCount = Number(prices.single('bars')) + Number(prices.single('previous_bars'));
  const bars = measureBars({ previousSession, exchanges, volumes, compared, barCount });
  const inputHash = await hashPrices(hash, prices, listDecisiveCaps(caps, closes, shares));
  const toSecurity = (symbol: string, index: number): Security => ({
    symbol,
    name: toTextOrNull(facts.names[index]),
    type: facts.types[index] ?? null,
    exchange: exchanges[index] ?? null,
    market: toTextOrNull(facts.marketOf(symbol)),
    sector: facts.sectors[index] ?? null,
    industry: facts.industries[index] ?? null,
    sicCode: toTextOrNull(facts.sicCodeOf(symbol)),
    listDate: toTextOrNull(facts.listDateOf(symbol)),
    sharesOutstanding: toNumberOrNull(shares[index]),
    etfType: toTextOrNull(facts.etfTypeOf(symbol)),
    issuer: toTextOrNull(facts.issuerOf(symbol)),
    aumMillions: toNumberOrNull(facts.aumOf(symbol)),
    close: toNumberOrNull(closes[index]),
    volumeShares: toNumberOrNull(volumes[index]),
    priceSession: toTextOrNull(isSeenHeld(symbol) === true ? trustedSessionOf(symbol) : seenSessionOf(symbol)),
    seenSession: toTextOrNull(seenSessionOf(symbol)),
    isQuiet: isQuiet(symbol) === true,
    quotedPreviousClose: toNumberOrNull(quotedCloses[index]),
    quotedMarketCapUsd: toNumberOrNull(caps[index]),
    isCapWithdrawn: isCapMissing(symbol) === true,
  });
  const securities = {
    *[Symbol.iterator]() {
      for (let index = 0; index < symbols.length; index += 1) yield toSecurity(symbols[index] ?? '', index);
    },
  };
  const lookup = {
    find: (symbol: string) => {
      const index = findIndex(symbols, symbol);
      return index < 0 ? undefined : toSecurity(symbol, index);
    },
    withoutBar: prices.unusualSymbols('seen_date'),
    firstDays: prices.unusualSymbols('is_first_day'),
    decisions: facts.decisions,
    moves: facts.moves,
    countDecisions: facts.countDecisions,
    hasOpenCaps: facts.hasOpenCaps,
    cikOf: (symbol: string) => toTextOrNull(facts.cikOf(symbol)),
    figiOf: (symbol: string) => toTextOrNull(facts.figiOf(symbol)),
  };
  return { securities, count: symbols.length, lookup, bars, inputHash };
}

/** A market cap is not an input when close × shares takes precedence. */
function listDecisiveCaps(caps: readonly Fact[], closes: readonly Fact[], shares: readonly Fact[]): Fact[] {
  return caps.map((cap, index) => (isPositive(closes[index]) && isPositive(shares[index]) ? null : cap));
}

function isPositive(value: Fact | undefined): boolean {
  const number = toNumberOrNull(value);
  return number !== null && number > 0 && number < Infinity;
}

function toTextOrNull(value: Fact | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function toNumberOrNull(value: Fact | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
