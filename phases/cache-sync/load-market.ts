import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { SessionDate } from '../../src/core/session.js';
import type { Security } from './market.js';

export interface LoadedMarket {
  readonly securities: readonly Security[];
  /** Hash of everything loaded, the same whatever the order of rows in the tables. */
  readonly inputHash: string;
}

/** What is loaded of a security, in the order of the hash. */
const COLUMNS = [
  'symbol',
  'name',
  'type',
  'exchange',
  'market',
  'sector',
  'industry',
  'list_date',
  'market_cap',
  'shares',
  'etf_type',
  'issuer',
  'close',
  'volume',
  'price_date',
  'decisive_cap',
] as const;

/** A market cap that close × shares overrules is no input: this phase writes it itself, and would take its own figure for new data. */
const HASHED = COLUMNS.filter((name) => name !== 'market_cap');

/** A column's values as JSON, one a security. */
type Columns = Readonly<Record<(typeof COLUMNS)[number], string>>;

/**
 * Every active security with its newest close in [oldest, session], symbol ascending.
 *
 * One statement: the closes of the session are joined, and only what did not trade looks back. Looking back for every symbol
 * (`lateral … limit 1`, itself ten times faster than `distinct on`) took 760 ms at 143,000 symbols against 370, and 54 ms against 15 at
 * 7,000. The result is one row with a JSON array a column, which the engine parses by itself.
 */
export async function loadMarket(
  client: PoolClient,
  session: SessionDate,
  oldest: SessionDate,
  onLoaded: (securities: number) => void,
): Promise<LoadedMarket> {
  const { rows } = await client.query<Columns>({
    text: MARKET_QUERY,
    values: [oldest, session],
    types: { getTypeParser: () => (text: string) => text },
  });
  const [columns] = rows;
  if (columns === undefined) throw new Error('an aggregate without groups gives one row');
  const hash = createHash('sha256');
  for (const name of HASHED) hash.update(columns[name]);
  const securities = toSecurities(columns);
  onLoaded(securities.length);
  return { securities, inputHash: hash.digest('hex') };
}

const MARKET_QUERY = `
  select ${COLUMNS.map((name) => `coalesce(json_agg(${name}), '[]') as ${name}`).join(', ')}
  from (
    select s.symbol, s.name, s.type, coalesce(s.primary_exchange, s.exchange) as exchange, s.market, s.sector, s.industry,
           s.list_date, s.market_cap, s.weighted_shares_outstanding as shares, s.etf_type, s.issuer,
           coalesce(today.close, past.close) as close, coalesce(today.volume, past.volume) as volume,
           coalesce(today.date, past.date) as price_date,
           case when coalesce(today.close, past.close) > 0 and coalesce(today.close, past.close) < 'Infinity'
                  and s.weighted_shares_outstanding > 0 then null else s.market_cap end as decisive_cap
    from symbols s
    left join ohlcv_daily today on today.symbol = s.symbol and today.date = $2
    left join lateral (
      select b.close, b.volume, b.date
      from ohlcv_daily b
      where today.symbol is null and b.symbol = s.symbol and b.date between $1 and $2
      order by b.date desc
      limit 1
    ) past on true
    where s.active and (s.delisted_date is null or s.delisted_date > $2)
    order by s.symbol collate "C"
  ) as listed`;

function toSecurities(columns: Columns): Security[] {
  const parse = (name: keyof Columns) => JSON.parse(columns[name]) as (string | number | null)[];
  const texts = (name: keyof Columns) => internTexts(parse(name));
  const numbers = (name: keyof Columns) => parse(name).map(toNumberOrNull);
  const names = parse('name') as (string | null)[];
  const [types, exchanges, markets] = [texts('type'), texts('exchange'), texts('market')];
  const [sectors, industries, listDates] = [texts('sector'), texts('industry'), texts('list_date')];
  const [caps, shares] = [numbers('market_cap'), numbers('shares')];
  const [etfTypes, issuers] = [texts('etf_type'), texts('issuer')];
  const [closes, volumes, priceDates] = [numbers('close'), numbers('volume'), texts('price_date')];
  return (parse('symbol') as string[]).map((symbol, index) => ({
    symbol,
    name: names[index] ?? null,
    type: types[index] ?? null,
    exchange: exchanges[index] ?? null,
    market: markets[index] ?? null,
    sector: sectors[index] ?? null,
    industry: industries[index] ?? null,
    listDate: listDates[index] ?? null,
    knownMarketCapUsd: caps[index] ?? null,
    sharesOutstanding: shares[index] ?? null,
    etfType: etfTypes[index] ?? null,
    issuer: issuers[index] ?? null,
    close: closes[index] ?? null,
    volumeShares: volumes[index] ?? null,
    priceSession: priceDates[index] ?? null,
  }));
}

/** Repeated text is kept once: sectors, industries and dates repeat thousands of times. */
function internTexts(texts: readonly (string | number | null)[]): (string | null)[] {
  const known = new Map<string, string>();
  return texts.map((text) => {
    if (typeof text !== 'string') return null;
    const found = known.get(text);
    if (found === undefined) known.set(text, text);
    return found ?? text;
  });
}

/** JSON has no NaN or infinity: the server sends them as text. */
function toNumberOrNull(value: string | number | null): number | null {
  return value === null ? null : Number(value);
}
