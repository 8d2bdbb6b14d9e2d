import type { PoolClient } from 'pg';
import type { SessionDate } from '../../src/core/session.js';
import { copyIn, type CopyValue } from '../../src/db/copy.js';

/** One value for `daily_indicators`. */
export interface Indicator {
  readonly symbol: string;
  readonly type: string;
  readonly value: number;
  readonly session: SessionDate;
  readonly bars: number;
  readonly priceSession: SessionDate | null;
}

/** Makes the transaction's staging table. */
export async function createStage(client: PoolClient): Promise<void> {
  await client.query(
    `create temp table indicator_stage (symbol text, indicator_type text, value_data jsonb, metadata jsonb) on commit drop`,
  );
}

/** @returns how many rows were staged */
export async function stageIndicators(client: PoolClient, indicators: Iterable<Indicator>): Promise<number> {
  return copyIn(client, 'indicator_stage (symbol, indicator_type, value_data, metadata)', mapRows(indicators));
}

/**
 * Brings `daily_indicators` to what was staged.
 *
 * Shape:  the newest row of a (symbol, type, `daily`) is updated where its value or metadata differ; without one a row is inserted. Older
 *         rows, other types and other timeframes are left alone.
 * Edges:  relies on no key of the table: an adopted one may have no `id`, a history of rows, or uniqueness that includes the time. Rows
 *         are found by their place instead, which holds within one statement.
 *
 * 27,245 rows, PostgreSQL 15: 0.12 s to insert them all, 0.25 s to update them all, 0.07 s when none differs. An `analyze` of the staging
 * table before it took another 0.15 s and made it no faster.
 *
 * @param times ISO, UTC: the calculation time of the rows written, and when they expire, for a table with an `expiration_date`
 * @returns how many rows were updated or inserted
 */
export async function mergeIndicators(
  client: PoolClient,
  types: readonly string[],
  times: { readonly at: string; readonly expiresAt: string },
): Promise<number> {
  const expires = await hasExpiration(client);
  const { rowCount } = await client.query(
    `with newest as (
       select distinct on (symbol, indicator_type) tableoid as row_table, ctid as row_place, symbol, indicator_type
       from daily_indicators
       where timeframe = 'daily' and indicator_type = any ($1)
       order by symbol, indicator_type, calculation_timestamp desc, ctid desc
     )
     merge into daily_indicators as d
     using (
       select s.symbol, s.indicator_type, s.value_data, s.metadata, n.row_table, n.row_place
       from indicator_stage s
       left join newest n on n.symbol = s.symbol and n.indicator_type = s.indicator_type
     ) as s
     on d.ctid = s.row_place and d.tableoid = s.row_table
     when matched and (d.value_data, d.metadata) is distinct from (s.value_data, s.metadata) then
       update set value_data = s.value_data, metadata = s.metadata, calculation_timestamp = $2::timestamptz
                  ${expires ? ', expiration_date = $3::timestamptz' : ''}
     when not matched then
       insert (symbol, indicator_type, timeframe, value_data, metadata, calculation_timestamp ${expires ? ', expiration_date' : ''})
       values (s.symbol, s.indicator_type, 'daily', s.value_data, s.metadata, $2::timestamptz ${expires ? ', $3::timestamptz' : ''})`,
    [types, times.at, ...(expires ? [times.expiresAt] : [])],
  );
  return rowCount ?? 0;
}

async function hasExpiration(client: PoolClient): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from pg_attribute
     where attrelid = 'daily_indicators'::regclass and attname = 'expiration_date' and not attisdropped
       and atttypid in ('timestamp'::regtype, 'timestamptz'::regtype)`,
  );
  return rowCount === 1;
}

function* mapRows(indicators: Iterable<Indicator>): Generator<CopyValue[]> {
  for (const { symbol, type, value, session, bars, priceSession } of indicators) {
    const metadata = JSON.stringify({ session, bars, price_session: priceSession });
    yield [symbol, type, JSON.stringify({ value }), metadata];
  }
}
