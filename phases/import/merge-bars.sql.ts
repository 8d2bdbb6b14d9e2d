import { integer } from '../../src/db/column.js';
import { statement } from '../../src/db/statement.js';
import { selectStagedBars, type OptionalPrice } from './required-prices.js';

/** `ohlcv_daily` columns in the order of `toBarRow`. */
export const BAR_COLUMNS = ['symbol', 'date', 'open', 'high', 'low', 'close', 'volume'] as const;

const COLUMNS = BAR_COLUMNS.join(', ');

/** A staging table with the column types of the table. */
export const CREATE_BAR_STAGE = statement({
  parameters: {},
  row: {},
  text: `create temp table bar_stage on commit drop as select ${COLUMNS} from public.ohlcv_daily with no data`,
});

const DIFFERS = `(b.open, b.high, b.low, b.close, b.volume) is distinct from
  (coalesce(excluded.open, b.open), coalesce(excluded.high, b.high), coalesce(excluded.low, b.low), excluded.close, excluded.volume)`;

/**
 * Upserts the staged bars; only rows that differ are written. Open, high and low of a stored bar are kept when the source has none.
 *
 * Result: one row: the number of rows written, and of new ones: those that were not there before. A partitioned table does not give the system
 *         columns of a row that is returned.
 * Index:  the unique key on (symbol, date), for the conflict. Equal rows are left out before it: a conflict locks its row in any case.
 * @param required prices that the table requires (`required-prices.ts`)
 */
export function mergeBars(required: ReadonlySet<OptionalPrice>) {
  return statement({
    parameters: {},
    row: { total: integer, added: integer },
    text: `
    with known as (
       select count(*) as bars from bar_stage s join public.ohlcv_daily b on b.symbol = s.symbol and b.date = s.date
    ), merged as (
       insert into public.ohlcv_daily as b (${COLUMNS})
       select t.*
       from (${selectStagedBars(required)}) as t (${COLUMNS})
       left join public.ohlcv_daily b on b.symbol = t.symbol and b.date = t.date
       where b.symbol is null or ${DIFFERS.replaceAll('excluded.', 't.')}
       on conflict (symbol, date) do update
       set open = coalesce(excluded.open, b.open), high = coalesce(excluded.high, b.high),
           low = coalesce(excluded.low, b.low), close = excluded.close, volume = excluded.volume
       where ${DIFFERS}
       returning 1
     )
     select count(*)::int as total, ((select count(*) from bar_stage) - (select bars from known))::int as added from merged`,
  });
}
