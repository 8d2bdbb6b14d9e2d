import 'reflect-metadata';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { RSI, SMA, WSMA } from 'trading-signals';
import { IndicatorsPhase } from '../phases/indicators/phase.js';
import { loadConfig } from '../src/config/load.js';
import { TradingCalendar } from '../src/core/calendar.js';
import type { SessionDate } from '../src/core/session.js';
import { Database } from '../src/db/database.js';
import { migrate } from '../src/db/migrate.js';
import { runPhase } from '../test/support/phase-context.js';
import { openServer } from './support/bench-server.js';
import { importRealSession, readYear, type RealSession } from './support/real-year.js';
import { findSharedData, type SharedData } from './support/shared-data.js';

/**
 * Corporate actions in a year of real bars, and the indicators computed over them.
 *
 *  1. Every session is imported in order, in an empty database; its prices are compared with the session before, as by an import.
 *  2. Indicators are computed every `--every` sessions, on known split days and on the last session. Those of every symbol with a split are
 *     compared with `trading-signals` over closes that this program adjusts by itself: by the ratio of whole numbers next to quoted ÷ stored
 *     previous close, where that is 1.8 or more.
 *  3. Printed: actions by kind, exceptions a session, values that differ, values withheld, and the known figures.
 *  4. The exit code is 1 when a value differs, or more than 0.5 % of the stocks with a year of bars are withheld.
 *
 * `npm run bench -- actions [--every 20] [--to 2025-12-31]`; on the embedded server, or on the one of DATABASE_URL.
 */
const MAX_WITHHELD_PCT = 0.5;
const TOLERANCE = 1e-6;
const YEAR_OF_BARS = 200;

/** By hand from the real bars. */
const KNOWN: readonly (readonly [symbol: string, session: string, type: string, value: number])[] = [
  ['NFLX', '2025-11-18', 'rsi_14', 50.4],
  ['KLAC', '2026-06-30', 'sma_20', 239.54],
  ['KLAC', '2026-06-30', 'rsi_14', 70.9],
  ['KLAC', '2026-06-30', 'sma_200', 149.9],
  ['BKNG', '2026-06-30', 'sma_200', 190],
];

/** Closes of a symbol, adjusted by this program to the shares of the newest one. */
interface Series {
  closes: number[];
  splits: number;
  /** Number of the session of the newest close. */
  last: number;
}

interface Stored {
  readonly symbol: string;
  readonly type: string;
  readonly value: number | null;
  readonly kind: string | null;
}

const { values: options } = parseArgs({
  options: { every: { type: 'string', default: '20' }, to: { type: 'string', default: '9999-12-31' } },
});

async function main(data: SharedData): Promise<void> {
  const server = await openServer(process.env['DATABASE_URL']);
  try {
    const url = await server.create('bench_actions');
    const database = Database.connect({ url, poolSize: 4, connectTimeoutMs: 5000 });
    await migrate(database);
    await followYear(database, data);
    await database.close();
  } finally {
    await server.close();
  }
}

async function followYear(database: Database, data: SharedData): Promise<void> {
  const phase = new IndicatorsPhase(database, loadConfig({}).config, new TradingCalendar());
  const series = new Map<string, Series>();
  let [count, last] = [0, undefined as SessionDate | undefined];
  for await (const real of readYear(data)) {
    if (real.session > options.to) break;
    await importRealSession(database, real);
    if (count === 0) await database.pool.query('analyze');
    [count, last] = [count + 1, real.session];
    follow(series, real, count);
    const isAsked = count % Number(options.every) === 0 || KNOWN.some(([, session]) => session === real.session);
    if (isAsked) await check(database, phase, series, real.session);
  }
  if (last !== undefined && count % Number(options.every) !== 0 && KNOWN.every(([, session]) => session !== last))
    await check(database, phase, series, last);
  await describeFindings(database.pool);
}

/** A ticker that comes back after 60 sessions is another security. */
const REUSED_AFTER = 60;

function follow(series: Map<string, Series>, { listings }: RealSession, number: number): void {
  for (const { symbol, bar, quote } of listings) {
    if (bar === null) continue;
    const known = series.get(symbol.symbol);
    const own =
      known === undefined || number - known.last > REUSED_AFTER ? { closes: [], splits: 0, last: number } : known;
    own.last = number;
    series.set(symbol.symbol, own);
    const before = own.closes.at(-1);
    const quoted = quote?.previousClose ?? null;
    if (before !== undefined && quoted !== null && bar.close !== before) {
      const times = Math.max(quoted / before, before / quoted);
      const nearest = toRatio(times, quoted < before);
      const follows = Math.abs(Math.log(bar.close / quoted)) < Math.abs(Math.log(bar.close / before));
      if (times >= 1.8 && follows && nearest !== undefined) {
        const factor = quoted < before ? 1 / nearest : nearest;
        own.closes = own.closes.map((close) => close * factor);
        own.splits += 1;
      }
    }
    own.closes.push(bar.close);
  }
}

/** The first of N, N/2, … N/8 within 0.2 %; of a price that fell N only. */
function toRatio(times: number, isFalling: boolean): number | undefined {
  return (isFalling ? [1] : [1, 2, 3, 4, 5, 6, 7, 8])
    .map((parts) => Math.round(times * parts) / parts)
    .find((ratio) => Math.abs(times / ratio - 1) < 0.002);
}

async function check(
  database: Database,
  phase: IndicatorsPhase,
  series: ReadonlyMap<string, Series>,
  session: SessionDate,
): Promise<void> {
  const { counters } = await runPhase(phase, database, { session });
  const { rows } = await database.pool.query<Stored>(
    `select d.symbol, d.indicator_type as type, (d.value_data ->> 'value')::float8 as value, s.type as kind
     from daily_indicators d join symbols s on s.symbol = d.symbol
     where d.metadata ->> 'session' = $1 and d.metadata ->> 'price_session' = $1`,
    [session],
  );
  const split = rows.filter(({ symbol }) => (series.get(symbol)?.splits ?? 0) > 0);
  const differing = split.filter((row) => !agrees(row, toReference(series.get(row.symbol)?.closes ?? [], row.type)));
  const stocks = rows.filter(
    ({ kind, symbol }) => kind === 'CS' && (series.get(symbol)?.closes.length ?? 0) >= YEAR_OF_BARS,
  );
  const all = new Set(stocks.map(({ symbol }) => symbol));
  const withheld = new Set(stocks.filter(({ value }) => value === null).map(({ symbol }) => symbol));
  const pct = all.size === 0 ? 0 : (100 * withheld.size) / all.size;
  console.log(
    `${session}  ${split.length} values of ${new Set(split.map(({ symbol }) => symbol)).size} split symbols, ${differing.length} differ; ` +
      `${counters['withheld']} symbols withheld, ${withheld.size} of ${all.size} stocks with a year of bars (${pct.toFixed(2)} %)`,
  );
  for (const row of differing.slice(0, 20)) {
    const expected = toReference(series.get(row.symbol)?.closes ?? [], row.type);
    console.log(`    ${row.symbol} ${row.type} ${row.value}, by the reference ${expected}`);
  }
  for (const [symbol, day, type, value] of KNOWN.filter((known) => known[1] === session)) {
    const found = rows.find((row) => row.symbol === symbol && row.type === type)?.value ?? null;
    console.log(`    ${symbol} ${day} ${type} ${found}, known as ${value}`);
  }
  if (differing.length > 0 || pct > MAX_WITHHELD_PCT) process.exitCode = 1;
}

function agrees({ value }: Stored, expected: number | null): boolean {
  return (
    value === null || (expected !== null && Math.abs(value - expected) <= TOLERANCE * Math.max(1, Math.abs(expected)))
  );
}

function toReference(closes: readonly number[], type: string): number | null {
  const [name = '', period = ''] = type.split('_');
  const indicator = name === 'rsi' ? new RSI(Number(period), WSMA) : new SMA(Number(period));
  indicator.updates(closes.slice(-260), false);
  return indicator.isStable ? indicator.getResultOrThrow() : null;
}

async function describeFindings(pool: Pool): Promise<void> {
  const { rows: actions } = await pool.query<{ kind: string; count: string }>(
    `select kind || case when kind = 'split' then case when new_shares > old_shares then ' (forward)' else ' (reverse)' end else '' end as kind,
            count(*) from pipeline.corporate_action where known_to is null group by 1 order by 1`,
  );
  const { rows: doubts } = await pool.query<{
    size: string;
    median: number;
    worst: string;
    total: string;
    reasons: string;
  }>(
    `with counted as (
       select scan.session, large.is_large, count(e.id) as found
       from pipeline.price_scan scan
       cross join (values (true), (false)) as large (is_large)
       left join pipeline.exception e on e.session = scan.session and e.state = 'open'
         and large.is_large = coalesce((select max(q.market_cap_usd) >= 1e9 from pipeline.source_quote q
                                        where q.symbol = e.symbol and q.session <= e.session and q.session >= e.session - 10), false)
       group by 1, 2
     )
     select case when is_large then 'above $1B' else 'below $1B' end as size, percentile_cont(0.5) within group (order by found) as median,
            max(found) as worst, sum(found) as total
     from counted group by 1 order by 1`,
  );
  console.log(['\nCorporate actions', ...actions.map(({ kind, count }) => `${count.padStart(6)}  ${kind}`)].join('\n'));
  console.log('\nExceptions a session');
  for (const { size, median, worst, total } of doubts)
    console.log(`  ${size}: median ${median}, worst ${worst}, ${total} in all`);
}

const data = findSharedData();
if (data) await main(data);
