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

/**
 * Upserts the staged bars; only rows that differ are written. Open, high and low of a stored bar are kept when the source has none.
 *
 * Result: one row: the number of rows written, and of new ones.
 * Index:  the unique key on (symbol, date), for the conflict.
 * @param required prices that the table requires (`required-prices.ts`)
 */
export function mergeBars(required: ReadonlySet<OptionalPrice>) {
  return statement({
    parameters: {},
    row: { total: integer, added: integer },
    text: `
    with merged as (
       insert into public.ohlcv_daily as b (${COLUMNS})
       ${selectStagedBars(required)}
       on conflict (symbol, date) do update
       set open = coalesce(excluded.open, b.open), high = coalesce(excluded.high, b.high),
           low = coalesce(excluded.low, b.low), close = excluded.close, volume = excluded.volume
       where (b.open, b.high, b.low, b.close, b.volume) is distinct from
             (coalesce(excluded.open, b.open), coalesce(excluded.high, b.high), coalesce(excluded.low, b.low),
              excluded.close, excluded.volume)
       returning xmax = 0 as is_new
     )
     select count(*)::int as total, (count(*) filter (where is_new))::int as added from merged`,
  });
}
