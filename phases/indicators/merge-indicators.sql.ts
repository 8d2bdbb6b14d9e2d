import { arrayOf, instant, text, type Column } from '../../src/db/column.js';
import { statement } from '../../src/db/statement.js';

/** The staging table of the transaction. */
export const CREATE_INDICATOR_STAGE = statement({
  parameters: {},
  row: {},
  text: `create temp table indicator_stage (symbol text, indicator_type text, value_data jsonb, metadata jsonb) on commit drop`,
});

/**
 * Updates `daily_indicators` to the staged values.
 *
 * Shape:  the newest row of a (symbol, type, `daily`) is updated where its value or metadata differ, or where it was calculated before the day
 *         (UTC): the consumer counts what was calculated today. Without one a row is inserted. Older
 *         rows, other types and other timeframes stay unchanged.
 * Edges:  does not rely on keys of the table: an adopted one may have no `id`, a history of rows, or a unique key that includes the time.
 *         Rows are found by ctid instead, which is stable within one statement.
 *
 * 27,245 rows, PostgreSQL 15: 0.12 s to insert all, 0.25 s to update all, 0.07 s when none differs. An `analyze` of the staging table
 * before it took another 0.15 s without making it faster.
 *
 * Parameters: the types of the staged values, and the calculation time of the rows written.
 */
export const MERGE_INDICATORS = mergeIndicators({ types: arrayOf(text), at: instant }, false);

/** The same for a table with an `expiration_date`. */
export const MERGE_EXPIRING_INDICATORS = mergeIndicators(
  { types: arrayOf(text), at: instant, expiresAt: instant },
  true,
);

function mergeIndicators<Parameters extends Record<string, Column>>(parameters: Parameters, expires: boolean) {
  return statement({
    parameters,
    row: {},
    text: `
    with newest as (
       select distinct on (symbol, indicator_type) tableoid as row_table, ctid as row_place, symbol, indicator_type
       from public.daily_indicators
       where timeframe = 'daily' and indicator_type = any ($1)
       order by symbol, indicator_type, calculation_timestamp desc, ctid desc
     )
     merge into public.daily_indicators as d
     using (
       select s.symbol, s.indicator_type, s.value_data, s.metadata, n.row_table, n.row_place
       from indicator_stage s
       left join newest n on n.symbol = s.symbol and n.indicator_type = s.indicator_type
     ) as s
     on d.ctid = s.row_place and d.tableoid = s.row_table
     when matched and ((d.value_data, d.metadata) is distinct from (s.value_data, s.metadata)
                       or d.calculation_timestamp < date_trunc('day', $2::timestamptz)) then
       update set value_data = s.value_data, metadata = s.metadata, calculation_timestamp = $2::timestamptz${expires ? ', expiration_date = $3::timestamptz' : ''}
     when not matched then
       insert (symbol, indicator_type, timeframe, value_data, metadata, calculation_timestamp ${expires ? ', expiration_date' : ''})
       values (s.symbol, s.indicator_type, 'daily', s.value_data, s.metadata, $2::timestamptz ${expires ? ', $3::timestamptz' : ''})`,
  });
}
