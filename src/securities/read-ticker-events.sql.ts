import type { SessionDate } from '../core/session.js';
import { date, orNull, text, textOf } from '../db/column.js';
import { statement } from '../db/statement.js';

/**
 * Tickers that were changed or used again up to a session, in order; see `TickerEvent`. Of a rename the first session of the new ticker
 * counts, which a held session may have delayed the finding of.
 */
export const READ_TICKER_EVENTS = statement({
  parameters: { session: date },
  row: { symbol: text, session: textOf<SessionDate>(), to: orNull(text) },
  text: `
    select symbol, coalesce(detail ->> 'first_session', to_char(session, 'YYYY-MM-DD')) as session, detail ->> 'to' as "to"
    from pipeline.symbol_event
    where event in ('renamed', 'reused') and superseded_at is null and session <= $1
    order by pipeline.symbol_event.session, id`,
});
