import { text } from '../../db/column.js';
import { statement } from '../../db/statement.js';

/**
 * Days of the last year that have bars, newest first.
 *
 * Strategy: one index probe a day, not a scan of the bars.
 * Index:    ohlcv_daily_date_idx, or any that begins with the date.
 */
export const LIST_BAR_DAYS = statement({
  parameters: {},
  row: { day: text },
  text: `
    with recursive days as (
      (select date from public.ohlcv_daily order by date desc limit 1)
      union all
      select (select b.date from public.ohlcv_daily b where b.date < days.date order by b.date desc limit 1)
      from days
      where days.date is not null
    )
    select to_char(date, 'YYYY-MM-DD') as day from days
    where date is not null and date > current_date - 365
    limit 400`,
});
