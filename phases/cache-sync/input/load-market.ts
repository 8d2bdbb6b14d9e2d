import type { Hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { PipelineError } from '../../../src/core/errors.js';
import type { SessionDate } from '../../../src/core/session.js';
import { LISTED } from './listed-on.js';
import { hashFacts, loadFacts, type LoadedFacts } from './load-facts.js';
import type { Security } from '../valuation/market.js';
import { compareBars, measureBars } from './session-stats.js';
import type { BarMeasures } from '../holds/session-measures.js';
import { Columns, PARAMETER, toColumnQuery, type ColumnQuery, type Fact } from './read-columns.js';

export interface LoadedMarket {
  /** Created lazily on each iteration: materialising 143,000 costs 25 MB and GC time. */
  readonly securities: Iterable<Security>;
  readonly count: number;
  readonly bars: BarMeasures;
  /** Hash of everything loaded, the same whatever the order of rows in the tables. */
  readonly inputHash: string;
}

/**
 * Every active security with its recorded facts and its newest close up to the session, symbol ascending; delisted ones only where they have a bar again.
 * Two statements, which an evening sends on two connections (`read-sync.ts`).
 *
 * @throws EOD_PHASE_FAILED when what is listed changes again and again between the two statements, which a transaction that reads repeatably does not
 *         see
 */
export async function loadMarket(client: PoolClient, session: SessionDate): Promise<LoadedMarket> {
  const load = async () => [await loadFacts(client, session), await loadPrices(client, session)] as const;
  let [facts, prices] = await load();
  for (let attempt = 1; attempt < ATTEMPTS && facts.listed !== prices.listed; attempt += 1)
    [facts, prices] = await load();
  return joinMarket(facts, prices);
}

const ATTEMPTS = 3;

const countBars = (session: string): string =>
  `(select count(*) from ohlcv_daily where date = ${session} and close is not null)`;

/** What of prices is an input; how bars compare with those of the session before judges a session, and is not a fact of it. */
const PRICES: Omit<ColumnQuery, 'rows'> = {
  lists: ['close', 'volume', 'quoted_close', 'quoted_cap'],
  unusual: { price_date: PARAMETER, is_first_day: false },
};

const JUDGED_PRICES: Omit<ColumnQuery, 'rows'> = {
  lists: [...PRICES.lists, 'compared'],
  unusual: PRICES.unusual,
  single: {
    previous_session: '(select session from previous)',
    bars: countBars('$1'),
    previous_bars: countBars('(select session from previous)'),
  },
};

/**
 * The closes of the session are joined, and only what did not trade looks back, as far as it takes: the age of the last bar distinguishes a pause from a
 * delisting. Looking back for every symbol (`lateral … limit 1`, itself ten times faster than `distinct on`) took 760 ms at 143,000 symbols
 * against 370, and 54 ms against 15 at 7,000.
 *
 * What the session is judged by as a whole, its bars beside those of the session before, comes with the same rows: in a statement of its own
 * the server would join them all once more, 28 ms at 7,000 symbols and 0.4 s at 143,000. For a hash alone it is left out: 0.2 s of 0.95.
 */
const toPricesQuery = (
  query: Omit<ColumnQuery, 'rows'>,
  compared?: { readonly value: string; readonly join: string },
): string =>
  toColumnQuery({
    ...query,
    rows: `
      select s.symbol, coalesce(today.close, past.close) as close, coalesce(today.volume, past.volume) as volume,
             coalesce(today.date, past.date) as price_date, quote.previous_close as quoted_close,
             coalesce(quote.host_market_cap_usd, quote.market_cap_usd) as quoted_cap,
             coalesce(quote.is_first_day, false) as is_first_day${compared ? `, ${compared.value} as compared` : ''}
      from (${LISTED}) as s
      left join ohlcv_daily today on today.symbol = s.symbol and today.date = $1
      ${compared?.join ?? ''}
      left join pipeline.source_quote quote on quote.symbol = s.symbol collate "C" and quote.session = $1
      left join lateral (
        select b.close, b.volume, b.date
        from ohlcv_daily b
        where today.symbol is null and b.symbol = s.symbol and b.date < $1
        order by b.date desc
        limit 1
      ) past on true
      order by s.symbol collate "C"`,
  });

const PRICES_QUERY = toPricesQuery(PRICES);

const JUDGED_PRICES_QUERY = `
  with previous as materialized (
    select max(date) as session from ohlcv_daily where date < $1
  )
  ${toPricesQuery(JUDGED_PRICES, {
    value: compareBars('today.close', 'before.close', 'quote.previous_close'),
    join: 'left join ohlcv_daily before on before.symbol = s.symbol and before.date = (select session from previous)',
  })}`;

/** Prices with what the session is judged by. */
export async function loadPrices(client: PoolClient, session: SessionDate): Promise<Columns> {
  return Columns.read(client, JUDGED_PRICES_QUERY, JUDGED_PRICES, session);
}

/** Prices as the database sent them, for a hash alone. */
export async function readPrices(client: PoolClient, session: SessionDate): Promise<Columns> {
  return Columns.read(client, PRICES_QUERY, PRICES, session);
}

/** The same hash as that of the market, without a market. */
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
  throw new PipelineError('EOD_PHASE_FAILED', 'what is listed was changed while it was read', {
    hint: 'run it again when nothing else writes symbols and bars',
  });
}

/** @throws EOD_PHASE_FAILED when the two are not of the same symbols */
export async function joinMarket(facts: LoadedFacts, prices: Columns): Promise<LoadedMarket> {
  assertSameSymbols(facts, prices);
  const { symbols, exchanges, shares, hash } = facts;
  const [closes, volumes] = [await prices.list('close'), await prices.list('volume')];
  const [quotedCloses, caps] = [await prices.list('quoted_close'), await prices.list('quoted_cap')];
  const priceSessionOf = prices.unusual('price_date');
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
    priceSession: toTextOrNull(priceSessionOf(symbol)),
    quotedPreviousClose: toNumberOrNull(quotedCloses[index]),
    quotedMarketCapUsd: toNumberOrNull(caps[index]),
  });
  const securities = {
    *[Symbol.iterator]() {
      for (let index = 0; index < symbols.length; index += 1) yield toSecurity(symbols[index] ?? '', index);
    },
  };
  return { securities, count: symbols.length, bars, inputHash };
}

/** A market cap that close × shares overrules is not an input. */
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
