import type { SessionDate } from '../../../src/core/session.js';
import { date, instant, orNull, text, textOf, uuid } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import type { SymbolEvent } from './symbol-life.js';

/**
 * The newest event of each symbol whose events this publish changed; nulls for a symbol without events.
 *
 * Index: symbol_event_symbol_idx.
 */
export const READ_TOUCHED_SYMBOLS = statement({
  parameters: { from: date, runId: uuid, at: instant },
  row: {
    symbol: text,
    event: orNull(textOf<SymbolEvent['event']>()),
    session: orNull(textOf<SessionDate>()),
    lastSession: orNull(textOf<SessionDate>()),
  },
  text: `
    select touched.symbol, newest.event, to_char(newest.session, 'YYYY-MM-DD') as session,
           newest.detail ->> 'last_session' as "lastSession"
    from (select distinct symbol from pipeline.symbol_event
          where session >= $1
            and (run_id = $2 and superseded_at is null or superseded_at = $3 and reason <> 'REPORTED_INACTIVE')) as touched
    left join lateral (
      select e.event, e.session, e.detail from pipeline.symbol_event e
      where e.symbol = touched.symbol and e.superseded_at is null
      order by e.session desc, e.id desc limit 1
    ) newest on true`,
});
