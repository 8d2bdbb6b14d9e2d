import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { SessionDate } from '../../src/core/session.js';
import { Turn } from '../../src/core/turn.js';
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

type Column = (typeof COLUMNS)[number];

/**
 * Every active security with its newest close in [oldest, session], symbol ascending.
 *
 * One statement: the closes of the session are joined, and only what did not trade looks back. Looking back for every symbol
 * (`lateral … limit 1`, itself ten times faster than `distinct on`) took 760 ms at 143,000 symbols against 370, and 54 ms against 15 at
 * 7,000. The result is a row a column with a JSON array, which the engine parses by itself; a column at a time, because all of them would
 * hold the event loop for 0.4 s at 143,000.
 */
export async function loadMarket(
  client: PoolClient,
  session: SessionDate,
  oldest: SessionDate,
  onLoaded: (securities: number) => void,
): Promise<LoadedMarket> {
  const { rows } = await client.query<{ name: Column; json: string }>({
    text: MARKET_QUERY,
    values: [oldest, session],
    types: { getTypeParser: () => (text: string) => text },
  });
  const columns = new Map(rows.map((row) => [row.name, row.json]));
  const turn = new Turn();
  const hash = createHash('sha256');
  for (const name of HASHED) {
    hash.update(columns.get(name) ?? '');
    if (turn.isOver) await turn.next();
  }
  const securities = await toSecurities(columns, turn);
  onLoaded(securities.length);
  return { securities, inputHash: hash.digest('hex') };
}

const MARKET_QUERY = `
  select listed.name, listed.json
  from (
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
    ) as security
  ) as columns
  cross join lateral (values ${COLUMNS.map((name) => `('${name}', columns.${name})`).join(', ')}) as listed (name, json)`;

/** Securities made between two looks at the time. */
const BATCH = 500;

async function toSecurities(columns: ReadonlyMap<Column, string>, turn: Turn): Promise<Security[]> {
  const parse = async (name: Column) => {
    if (turn.isOver) await turn.next();
    return JSON.parse(columns.get(name) ?? '[]') as (string | number | null)[];
  };
  const texts = async (name: Column) => internTexts(await parse(name));
  const numbers = async (name: Column) => (await parse(name)).map(toNumberOrNull);
  const symbols = (await parse('symbol')) as string[];
  const names = (await parse('name')) as (string | null)[];
  const [types, exchanges, markets] = [await texts('type'), await texts('exchange'), await texts('market')];
  const [sectors, industries] = [await texts('sector'), await texts('industry')];
  const [listDates, priceDates] = [await texts('list_date'), await texts('price_date')];
  const [etfTypes, issuers] = [await texts('etf_type'), await texts('issuer')];
  const [caps, shares] = [await numbers('market_cap'), await numbers('shares')];
  const [closes, volumes] = [await numbers('close'), await numbers('volume')];
  const securities: Security[] = [];
  for (const [index, symbol] of symbols.entries()) {
    securities.push({
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
    });
    if (index % BATCH === 0 && turn.isOver) await turn.next();
  }
  return securities;
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
