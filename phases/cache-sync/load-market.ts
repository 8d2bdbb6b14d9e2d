import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { SessionDate } from '../../src/core/session.js';
import { Turn } from '../../src/core/turn.js';
import type { Security } from './market.js';
import { compareBars, measureBars, type BarMeasures } from './measure-session.js';

export interface LoadedMarket {
  /** Made anew each time they are gone through: at 143,000 they are 25 MB that would be moved about until nobody wants them. */
  readonly securities: Iterable<Security>;
  readonly bars: BarMeasures;
  /** Hash of everything loaded, the same whatever the order of rows in the tables. */
  readonly inputHash: string;
}

/** What is loaded of every security. */
const COLUMNS = [
  'symbol',
  'name',
  'type',
  'exchange',
  'sector',
  'industry',
  'market_cap',
  'shares',
  'close',
  'volume',
  'quoted_close',
  'compared',
] as const;

/** What has a usual value (SQL), and is loaded of securities that have another: each list of 143,000 takes the server 30 ms. */
const UNUSUAL = {
  market: `'stocks'`,
  list_date: 'null',
  price_date: '$1',
  sic_code: 'null',
  etf_type: 'null',
  issuer: 'null',
  aum_millions: 'null',
  is_first_day: 'false',
} as const;

type DenseColumn = (typeof COLUMNS)[number];
type SparseColumn = keyof typeof UNUSUAL;
type Column = DenseColumn | SparseColumn | 'previous_session';

const SPARSE_COLUMNS = Object.keys(UNUSUAL) as SparseColumn[];

/** Market caps are hashed apart (`listDecisiveCaps`); how bars compare with those of the session before is no fact of this one. */
const HASHED = [...COLUMNS.filter((name) => name !== 'market_cap' && name !== 'compared'), ...SPARSE_COLUMNS];

/**
 * Every active security with its newest close up to the session, symbol ascending; also who was taken for delisted and has a bar again.
 *
 * One statement: the closes of the session are joined, and only what did not trade looks back, as far as it takes: the age of the last bar
 * tells a pause from a delisting. Looking back for every symbol
 * (`lateral … limit 1`, itself ten times faster than `distinct on`) took 760 ms at 143,000 symbols against 370, and 54 ms against 15 at
 * 7,000. The result is a row a column with a JSON array, which the engine parses by itself; a column at a time, because all of them would
 * hold the event loop for 0.4 s at 143,000.
 *
 * What the session is judged by as a whole, its bars beside those of the session before, comes with the same rows: in a statement of its own
 * the server would join them all once more, 28 ms at 7,000 symbols and 0.4 s at 143,000.
 */
export async function loadMarket(
  client: PoolClient,
  session: SessionDate,
  reference: 'current' | 'as-of',
  onLoaded: (securities: number) => void,
): Promise<LoadedMarket> {
  const { rows } = await client.query<{ name: Column; json: string }>({
    text: reference === 'current' ? CURRENT_QUERY : AS_OF_QUERY,
    values: [session],
    types: { getTypeParser: () => (text: string) => text },
  });
  const columns = new Map(rows.map((row) => [row.name, row.json]));
  const turn = new Turn();
  const hash = createHash('sha256');
  for (const name of HASHED) {
    hash.update(columns.get(name) ?? '');
    if (turn.isOver) await turn.next();
  }
  const { count, decisiveCaps, ...market } = await toSecurities(columns, session, turn);
  hash.update(JSON.stringify(decisiveCaps));
  onLoaded(count);
  return { ...market, inputHash: hash.digest('hex') };
}

/** Facts as `symbols` has them now. Who was found absent in this very session is looked at again, so that the same input stays the same. */
const CURRENT = `
  select symbol, name, type, coalesce(primary_exchange, exchange) as exchange, market, sector, industry, sic_code, list_date,
         market_cap, weighted_shares_outstanding as shares, etf_type, issuer, aum_millions
  from symbols
  where active and (delisted_date is null or delisted_date > $1)
     or symbol in (select e.symbol from pipeline.symbol_event e
                   left join ohlcv_daily b on b.symbol = e.symbol collate "default" and b.date = $1
                   where e.event = 'delisted' and e.reason = 'ABSENT' and e.superseded_at is null
                     and (b.symbol is not null or e.session = $1)
                     and not exists (select from pipeline.symbol_event newer
                                     where newer.symbol = e.symbol and newer.superseded_at is null
                                       and (newer.session, newer.id) > (e.session, e.id)))`;

const SOURCE_CAP = (valuation: string): string =>
  `case when ${valuation}.source = 'source_market_cap' then coalesce(${valuation}.raw_cap_usd, ${valuation}.market_cap_usd) end`;

/**
 * Facts as they were known on the session, which is what computing it again takes. The market cap is what the source said then; it said
 * nothing, that of the session before, as `symbols` has it on the evening; and where no source keeps that, what the session was computed from.
 * The latter is what `symbols` had of a stock whose own price became too old.
 *
 * Who counts as delisted is left out as on the evening, where `symbols` says so: to look back for a thousand of them took a third of the time.
 *
 * The symbol leaves the collation of `pipeline`: compared in that, bars are not found by their index, and looking back took seconds a session.
 */
const AS_OF = `
  select f.symbol collate "default" as symbol, f.name, f.type, f.exchange, f.market, f.sector, f.industry, f.sic_code, f.list_date,
         coalesce(q.market_cap_usd,
                  case when q.symbol is null and (before.source is null or before.source = 'close_x_shares' or not quoted.any) then ${SOURCE_CAP('v')}
                       else ${SOURCE_CAP('before')} end,
                  before.market_cap_usd) as market_cap,
         f.shares, f.etf_type, f.issuer, f.aum_millions
  from pipeline.symbol_fact f
  cross join (select exists (select from pipeline.source_quote) as any) as quoted
  left join pipeline.source_quote q on q.session = $1 and q.symbol = f.symbol
  left join pipeline.valuation v on v.session = $1 and v.symbol = f.symbol
  left join pipeline.valuation before
    on before.session = (select max(session) from pipeline.valuation where session < $1) and before.symbol = f.symbol
  left join (
    select distinct on (symbol) symbol, event from pipeline.symbol_event
    where superseded_at is null and session < $1
    order by symbol, session desc, id desc
  ) as newest on newest.symbol = f.symbol
  where f.valid_from <= $1 and (f.valid_to is null or f.valid_to > $1)
    and f.active and (f.delisted_date is null or f.delisted_date > $1)
    and (newest.event is distinct from 'delisted'
         or exists (select from ohlcv_daily b where b.symbol = f.symbol collate "default" and b.date = $1))`;

const toQuery = (facts: string): string => `
  with previous as materialized (
    select max(date) as session from ohlcv_daily where date < $1
  )
  select listed.name, listed.json
  from (
    select ${[
      ...COLUMNS.map((name) => `coalesce(json_agg(${name}), '[]') as ${name}`),
      ...SPARSE_COLUMNS.map(
        (name) =>
          `coalesce(json_object_agg(symbol, ${name}) filter (where ${name} is distinct from ${UNUSUAL[name]}), '{}') as ${name}`,
      ),
    ].join(', ')}
    from (
      select s.symbol, s.name, s.type, s.exchange, s.market, s.sector, s.industry, s.sic_code, s.list_date, s.market_cap, s.shares,
             s.etf_type, s.issuer, s.aum_millions,
             coalesce(today.close, past.close) as close, coalesce(today.volume, past.volume) as volume,
             coalesce(today.date, past.date) as price_date,
             quote.previous_close as quoted_close, coalesce(quote.is_first_day, false) as is_first_day,
             ${compareBars('today.close', 'before.close', 'quote.previous_close')} as compared
      from (${facts}) as s
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
      order by s.symbol collate "C"
    ) as security
  ) as columns
  cross join previous
  cross join lateral (values ${[...COLUMNS, ...SPARSE_COLUMNS].map((name) => `('${name}', columns.${name})`).join(', ')},
                             ('previous_session', to_json(previous.session))) as listed (name, json)`;

const CURRENT_QUERY = toQuery(CURRENT);
const AS_OF_QUERY = toQuery(AS_OF);

type Fact = string | number | boolean | null;

interface Securities extends Omit<LoadedMarket, 'inputHash'> {
  readonly count: number;
  readonly decisiveCaps: readonly Fact[];
}

async function toSecurities(
  columns: ReadonlyMap<Column, string>,
  session: SessionDate,
  turn: Turn,
): Promise<Securities> {
  const parse = async (name: DenseColumn) => {
    if (turn.isOver) await turn.next();
    return JSON.parse(columns.get(name) ?? '[]') as Fact[];
  };
  const sparse = (name: SparseColumn, usual: Fact): ((symbol: string) => Fact) => {
    const found = new Map(Object.entries(JSON.parse(columns.get(name) ?? '{}') as Record<string, Fact>));
    if (found.size === 0) return () => usual;
    return (symbol) => {
      const value = found.get(symbol);
      return value === undefined ? usual : value;
    };
  };
  const texts = async (name: DenseColumn) => internTexts(await parse(name));
  const symbols = (await parse('symbol')) as string[];
  const names = await parse('name');
  const [types, exchanges] = [await texts('type'), await texts('exchange')];
  const [sectors, industries] = [await texts('sector'), await texts('industry')];
  const [caps, shares] = [await parse('market_cap'), await parse('shares')];
  const [closes, volumes] = [await parse('close'), await parse('volume')];
  const quotedCloses = await parse('quoted_close');
  const [marketOf, listDateOf] = [sparse('market', 'stocks'), sparse('list_date', null)];
  const [priceSessionOf, sicCodeOf] = [sparse('price_date', session), sparse('sic_code', null)];
  const [etfTypeOf, issuerOf, aumOf] = [sparse('etf_type', null), sparse('issuer', null), sparse('aum_millions', null)];
  const previousSession = JSON.parse(columns.get('previous_session') ?? 'null') as SessionDate | null;
  const bars = measureBars({ previousSession, exchanges, volumes, compared: (await parse('compared')) as number[] });
  const toSecurity = (symbol: string, index: number): Security => ({
    symbol,
    name: toTextOrNull(names[index]),
    type: types[index] ?? null,
    exchange: exchanges[index] ?? null,
    market: toTextOrNull(marketOf(symbol)),
    sector: sectors[index] ?? null,
    industry: industries[index] ?? null,
    sicCode: toTextOrNull(sicCodeOf(symbol)),
    listDate: toTextOrNull(listDateOf(symbol)),
    knownMarketCapUsd: toNumberOrNull(caps[index]),
    sharesOutstanding: toNumberOrNull(shares[index]),
    etfType: toTextOrNull(etfTypeOf(symbol)),
    issuer: toTextOrNull(issuerOf(symbol)),
    aumMillions: toNumberOrNull(aumOf(symbol)),
    close: toNumberOrNull(closes[index]),
    volumeShares: toNumberOrNull(volumes[index]),
    priceSession: toTextOrNull(priceSessionOf(symbol)),
    quotedPreviousClose: toNumberOrNull(quotedCloses[index]),
  });
  const securities = {
    *[Symbol.iterator]() {
      for (let index = 0; index < symbols.length; index += 1) yield toSecurity(symbols[index] ?? '', index);
    },
  };
  return { securities, bars, count: symbols.length, decisiveCaps: listDecisiveCaps(caps, closes, shares) };
}

/** A market cap that close × shares overrules is no input: this phase writes it itself, and would take its own figure for new data. */
function listDecisiveCaps(caps: readonly Fact[], closes: readonly Fact[], shares: readonly Fact[]): Fact[] {
  return caps.map((cap, index) => (isPositive(closes[index]) && isPositive(shares[index]) ? null : cap));
}

function isPositive(value: Fact | undefined): boolean {
  const number = toNumberOrNull(value);
  return number !== null && number > 0 && number < Infinity;
}

/** Repeated text is kept once: sectors, industries and dates repeat thousands of times. */
function internTexts(texts: readonly Fact[]): (string | null)[] {
  const known = new Map<string, string>();
  return texts.map((text) => {
    if (typeof text !== 'string') return null;
    const found = known.get(text);
    if (found === undefined) known.set(text, text);
    return found ?? text;
  });
}

function toTextOrNull(value: Fact | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** JSON has no NaN or infinity: the server sends them as text. */
function toNumberOrNull(value: Fact | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
