import { date, instant } from '../../src/db/column.js';
import { statement } from '../../src/db/statement.js';

/**
 * Clears the delisting date that cache sync wrote when the host reported a symbol inactive, once the host reports it active and has a bar
 * of it. A host that only sets `active` need not know of that date, and with it the symbol would stay excluded from every list.
 *
 * Edges: a date written by the host stays. Not for a session older than an imported one: its bar is no evidence about today.
 * Index: symbol_event_symbol_idx; the unique key of ohlcv_daily for the bar.
 */
export const REOPEN_LISTED = statement({
  parameters: { session: date, at: instant },
  row: {},
  text: `
    update public.symbols s
    set delisted_date = null, last_updated = $2::timestamptz, last_updated_utc = $2::timestamptz
    from (select distinct on (symbol) symbol, session, event, reason from pipeline.symbol_event
          where superseded_at is null order by symbol, session desc, id desc) as newest
    where newest.symbol = s.symbol and newest.event = 'delisted' and newest.reason = 'REPORTED_INACTIVE'
      and s.active and s.delisted_date = newest.session
      and exists (select from public.ohlcv_daily b where b.symbol = s.symbol and b.date = $1)`,
});
