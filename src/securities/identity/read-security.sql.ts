import type { SessionDate } from '../../core/session.js';
import { date, integer, orNull, text, textOf } from '../../db/column.js';
import { statement } from '../../db/statement.js';

/** `pipeline.security_tickers`, oldest first; `from` null: before anything was recorded. Index: security_ticker_known_key. */
export const READ_SECURITY = statement({
  parameters: { symbol: text, session: orNull(date) },
  row: {
    security: integer,
    ticker: text,
    from: orNull(textOf<SessionDate>()),
    before: orNull(textOf<SessionDate>()),
  },
  text: `
    select security_id as security, ticker,
           case when valid_from > '-infinity' then to_char(valid_from, 'YYYY-MM-DD') end as "from", to_char(valid_to, 'YYYY-MM-DD') as before
    from pipeline.security_tickers($1, $2)`,
});
