import type { SessionDate } from '../../../src/core/session.js';
import { date, integer, text, textOf } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Symbols first seen in one of the last imported sessions, up to this one, and in which. None of the first load.
 *
 * Index: symbol_fact_from_idx, phase_run_done_idx.
 */
export const FIND_ARRIVALS = statement({
  parameters: { session: date, sessions: integer },
  row: { symbol: text, session: textOf<SessionDate>() },
  text: `
    with imported as (
      select distinct session from pipeline.phase_run
      where phase = 'import' and status in ('completed', 'completed_with_holds') and session <= $1
      order by session desc limit $2::int
    )
    select f.symbol, to_char(f.valid_from, 'YYYY-MM-DD') as session
    from pipeline.symbol_fact f
    where f.valid_from between (select min(session) from imported) and $1
      and f.valid_from > (select min(valid_from) from pipeline.symbol_fact)
      and not exists (select from pipeline.symbol_fact earlier where earlier.symbol = f.symbol and earlier.valid_from < f.valid_from)`,
});

/** Tickers that were changed before a session, and to which; a ticker that is used again counts no more. Index: symbol_event_symbol_idx. */
export const READ_RENAMED = statement({
  parameters: { session: date },
  row: { symbol: text, to: text, since: textOf<SessionDate>() },
  text: `
    select symbol, detail ->> 'to' as "to", detail ->> 'first_session' as since
    from (
      select distinct on (symbol) symbol, event, detail
      from pipeline.symbol_event
      where superseded_at is null and session < $1
      order by symbol, session desc, id desc
    ) as newest
    where event = 'renamed'`,
});
