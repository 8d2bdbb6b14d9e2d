import type { SessionDate } from '../../core/session.js';
import { date, integer, orNull, text, textOf } from '../../db/column.js';
import { statement } from '../../db/statement.js';

/** A ticker of a security; `from` null: before anything was recorded; `before` null: it still has the ticker. */
const SPAN = {
  security: integer,
  ticker: text,
  from: orNull(textOf<SessionDate>()),
  before: orNull(textOf<SessionDate>()),
} as const;

/**
 * The tickers of every security that did not have the same one all the time, as known now, up to a session.
 *
 * Result: sessions ascending within a ticker.
 * Index:  security_ticker_changed_idx.
 */
export const READ_TICKERS = statement({
  parameters: { session: date },
  row: SPAN,
  text: `
    select security_id as security, ticker,
           case when valid_from > '-infinity' then to_char(valid_from, 'YYYY-MM-DD') end as "from",
           case when valid_to <= $1 then to_char(valid_to, 'YYYY-MM-DD') end as before
    from pipeline.security_ticker
    where known_to is null and (valid_to is not null or valid_from > '-infinity') and valid_from <= $1
    order by ticker, valid_from`,
});

/** Every ticker of the security that one stood for in a session, or last; oldest first. Index: security_ticker_known_key. */
export const READ_SECURITY = statement({
  parameters: { symbol: text, session: orNull(date) },
  row: SPAN,
  text: `
    select security_id as security, ticker,
           case when valid_from > '-infinity' then to_char(valid_from, 'YYYY-MM-DD') end as "from", to_char(valid_to, 'YYYY-MM-DD') as before
    from pipeline.security_tickers($1, $2)`,
});
