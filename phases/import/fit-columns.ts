import type { PoolClient } from 'pg';
import { formatCount } from '../../src/core/format-count.js';
import { storeNumber, toNumberLimit, type NumberLimit } from '../../src/db/number-limits.js';
import { readTableColumns, type TableColumn } from '../../src/db/table-columns.js';
import { reject, type CollectedRows } from './collect.js';
import type { BarRecord, Listing, RejectedRow } from './source.js';

const NUMBERS = ['open', 'high', 'low', 'close', 'volume'] as const satisfies readonly (keyof BarRecord)[];

type BarNumber = (typeof NUMBERS)[number];

/** What an adopted `symbols` and `ohlcv_daily` can store. */
export interface ColumnLimits {
  /** Characters of a symbol, in both tables. */
  readonly symbolLength: number;
  /** Columns of a bar that do not store every number. */
  readonly bar: ReadonlyMap<BarNumber, NumberLimit>;
}

export async function readColumnLimits(client: PoolClient): Promise<ColumnLimits> {
  const bars = await readTableColumns(client, 'public.ohlcv_daily');
  const symbols = await readTableColumns(client, 'public.symbols');
  const lengths = [...bars, ...symbols].flatMap(({ name, maxLength }) => (name === 'symbol' ? (maxLength ?? []) : []));
  return { symbolLength: Math.min(...lengths), bar: new Map(bars.flatMap(toBarLimit)) };
}

function toBarLimit(column: TableColumn): [BarNumber, NumberLimit][] {
  const name = NUMBERS.find((each) => each === column.name);
  const limit = toNumberLimit(column);
  return name === undefined || limit === null ? [] : [[name, limit]];
}

/** Rows that fit, and what a person should know of the others. */
export interface FittedRows extends CollectedRows {
  readonly warnings: readonly string[];
}

/**
 * Refuses rows that an adopted table cannot store: a symbol that is truncated becomes another one, and a close of 0.0004 in two decimals is zero.
 * Prices that lose decimals are kept as the column rounds them, with a warning.
 */
export function fitColumns(rows: CollectedRows, limits: ColumnLimits): FittedRows {
  const { bar } = limits;
  const rounded = new Map<BarNumber, Rounding>();
  const listings: Listing[] = [];
  const rejected: RejectedRow[] = [];
  for (const listing of rows.listings) {
    const refusal = findUnfit(listing, limits);
    if (refusal === null) listings.push(listing);
    else rejected.push(refusal);
    if (refusal === null && listing.bar !== null && bar.size > 0) countRounded(listing.bar, bar, rounded);
  }
  return {
    ...rows,
    listings,
    rejected: [...rows.rejected, ...rejected],
    warnings: Array.from(rounded.values(), describeRounding),
  };
}

function findUnfit(listing: Listing, { symbolLength, bar: limits }: ColumnLimits): RejectedRow | null {
  if (listing.symbol.symbol.length > symbolLength)
    return reject(listing, 'SYMBOL_INVALID', `symbol columns have at most ${symbolLength} characters`);
  for (const [name, limit] of limits) {
    const value = listing.bar?.[name] ?? null;
    if (value === null || storeNumber(value, limit) !== null) continue;
    const reason = name === 'volume' ? 'VOLUME_INVALID' : 'PRICE_OUT_OF_RANGE';
    return reject(listing, reason, `${name} is ${value}, which ohlcv_daily.${name}, ${limit.type}, does not store`);
  }
  return null;
}

/** Values that a column rounds. */
interface Rounding {
  readonly limit: NumberLimit;
  count: number;
  /** The largest error in percent of the value. */
  worstPct: number;
}

function countRounded(
  bar: BarRecord,
  limits: ReadonlyMap<BarNumber, NumberLimit>,
  rounded: Map<BarNumber, Rounding>,
): void {
  for (const [name, limit] of limits) {
    const value = bar[name];
    const stored = value === null ? null : storeNumber(value, limit);
    if (value === null || stored === null || stored === value) continue;
    const rounding = rounded.get(name) ?? { limit, count: 0, worstPct: 0 };
    rounding.count += 1;
    rounding.worstPct = Math.max(rounding.worstPct, (100 * Math.abs(stored - value)) / value);
    rounded.set(name, rounding);
  }
}

function describeRounding({ limit: { column, type }, count, worstPct }: Rounding): string {
  const values = `${formatCount(count)} value${count === 1 ? ' was' : 's were'} rounded, by up to ${worstPct.toPrecision(2)} %`;
  return `ohlcv_daily.${column} is ${type}: ${values}; to keep them: alter table ohlcv_daily alter column ${column} type numeric(18,6)`;
}
