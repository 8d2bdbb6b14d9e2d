import { createHash, type Hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { PipelineError } from '../../../src/core/errors.js';
import type { SessionDate } from '../../../src/core/session.js';
import { LISTED } from './listed-on.js';
import type { Security } from '../valuation/market.js';
import { compareBars, measureBars, type BarMeasures } from './session-stats.js';
import { Columns, PARAMETER, toColumnQuery, type ColumnQuery, type Fact } from './read-columns.js';

export interface LoadedMarket {
  /** Made anew each time they are gone through: at 143,000 they are 25 MB that would be moved about until nobody wants them. */
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

/** What is known of every security, in lists in step, symbol ascending by code unit; what is mostly as usual, by symbol. */
export interface LoadedFacts {
  readonly symbols: readonly string[];
  readonly names: readonly Fact[];
  readonly types: readonly (string | null)[];
  readonly exchanges: readonly (string | null)[];
  readonly sectors: readonly (string | null)[];
  readonly industries: readonly (string | null)[];
  readonly shares: readonly Fact[];
  readonly marketOf: (symbol: string) => Fact;
  readonly listDateOf: (symbol: string) => Fact;
  readonly sicCodeOf: (symbol: string) => Fact;
  readonly etfTypeOf: (symbol: string) => Fact;
  readonly issuerOf: (symbol: string) => Fact;
  readonly aumOf: (symbol: string) => Fact;
  readonly listed: unknown;
  /** Of all this; prices are added to it. */
  readonly hash: Hash;
}

const FACTS: Omit<ColumnQuery, 'rows'> = {
  lists: ['symbol', 'name', 'type', 'exchange', 'sector', 'industry', 'shares'],
  unusual: {
    market: 'stocks',
    list_date: null,
    sic_code: null,
    etf_type: null,
    issuer: null,
    aum_millions: null,
  },
};

const FACTS_QUERY = toColumnQuery({ ...FACTS, rows: `select * from (${LISTED}) as s order by s.symbol collate "C"` });

export async function loadFacts(client: PoolClient, session: SessionDate): Promise<LoadedFacts> {
  const columns = await Columns.read(client, FACTS_QUERY, FACTS, session);
  const hash = createHash('sha256');
  await columns.hashInto(hash, [...FACTS.lists, ...Object.keys(FACTS.unusual)]);
  return {
    symbols: (await columns.list('symbol')) as string[],
    names: await columns.list('name'),
    types: await columns.textList('type'),
    exchanges: await columns.textList('exchange'),
    sectors: await columns.textList('sector'),
    industries: await columns.textList('industry'),
    shares: await columns.list('shares'),
    marketOf: columns.unusual('market'),
    listDateOf: columns.unusual('list_date'),
    sicCodeOf: columns.unusual('sic_code'),
    etfTypeOf: columns.unusual('etf_type'),
    issuerOf: columns.unusual('issuer'),
    aumOf: columns.unusual('aum_millions'),
    listed: columns.listed,
    hash,
  };
}

const countBars = (session: string): string =>
  `(select count(*) from ohlcv_daily where date = ${session} and close is not null)`;

const PRICES: Omit<ColumnQuery, 'rows'> = {
  lists: ['close', 'volume', 'quoted_close', 'quoted_cap', 'compared'],
  unusual: { price_date: PARAMETER, is_first_day: false },
  single: {
    previous_session: '(select session from previous)',
    bars: countBars('$1'),
    previous_bars: countBars('(select session from previous)'),
  },
};

/**
 * The closes of the session are joined, and only what did not trade looks back, as far as it takes: the age of the last bar tells a pause from a
 * delisting. Looking back for every symbol (`lateral … limit 1`, itself ten times faster than `distinct on`) took 760 ms at 143,000 symbols
 * against 370, and 54 ms against 15 at 7,000.
 *
 * What the session is judged by as a whole, its bars beside those of the session before, comes with the same rows: in a statement of its own
 * the server would join them all once more, 28 ms at 7,000 symbols and 0.4 s at 143,000.
 */
const PRICES_QUERY = `
  with previous as materialized (
    select max(date) as session from ohlcv_daily where date < $1
  )
  ${toColumnQuery({
    ...PRICES,
    rows: `
      select s.symbol, coalesce(today.close, past.close) as close, coalesce(today.volume, past.volume) as volume,
             coalesce(today.date, past.date) as price_date, quote.previous_close as quoted_close,
             coalesce(quote.host_market_cap_usd, quote.market_cap_usd) as quoted_cap,
             coalesce(quote.is_first_day, false) as is_first_day,
             ${compareBars('today.close', 'before.close', 'quote.previous_close')} as compared
      from (${LISTED}) as s
      left join ohlcv_daily today on today.symbol = s.symbol and today.date = $1
      left join ohlcv_daily before on before.symbol = s.symbol and before.date = (select session from previous)
      left join pipeline.source_quote quote on quote.symbol = s.symbol collate "C" and quote.session = $1
      left join lateral (
        select b.close, b.volume, b.date
        from ohlcv_daily b
        where today.symbol is null and b.symbol = s.symbol and b.date < $1
        order by b.date desc
        limit 1
      ) past on true
      order by s.symbol collate "C"`,
  })}`;

export async function loadPrices(client: PoolClient, session: SessionDate): Promise<Columns> {
  return Columns.read(client, PRICES_QUERY, PRICES, session);
}

/** @throws EOD_PHASE_FAILED when the two are not of the same symbols */
export async function joinMarket(facts: LoadedFacts, prices: Columns): Promise<LoadedMarket> {
  if (prices.listed !== facts.listed) {
    throw new PipelineError('EOD_PHASE_FAILED', 'what is listed was changed while it was read', {
      hint: 'run it again when nothing else writes symbols and bars',
    });
  }
  const { symbols, exchanges, shares, hash } = facts;
  const [closes, volumes] = [await prices.list('close'), await prices.list('volume')];
  const [quotedCloses, caps] = [await prices.list('quoted_close'), await prices.list('quoted_cap')];
  const priceSessionOf = prices.unusual('price_date');
  const previousSession = prices.single('previous_session') as SessionDate | null;
  const compared = (await prices.list('compared')) as number[];
  const barCount = Number(prices.single('bars')) + Number(prices.single('previous_bars'));
  const bars = measureBars({ previousSession, exchanges, volumes, compared, barCount });
  // How bars compare with those of the session before is no fact of this one.
  await prices.hashInto(hash, ['close', 'volume', 'quoted_close', ...Object.keys(PRICES.unusual)]);
  hash.update(JSON.stringify(listDecisiveCaps(caps, closes, shares)));
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
  return { securities, count: symbols.length, bars, inputHash: hash.digest('hex') };
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
