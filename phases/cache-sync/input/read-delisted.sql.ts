import type { SessionDate } from '../../../src/core/session.js';
import { date, text, textOf } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Symbols that count as delisted before a session, or whose ticker was changed, and since which session.
 *
 * Index: symbol_event_symbol_idx.
 */
export const READ_DELISTED = statement({
  parameters: { session: date },
  row: { symbol: text, session: textOf<SessionDate>(), event: textOf<'delisted' | 'renamed'>() },
  text: `
    select symbol, to_char(session, 'YYYY-MM-DD') as session, event
    from (
      select distinct on (symbol) symbol, session, event
      from pipeline.symbol_event
      where superseded_at is null and session < $1
      order by symbol, session desc, id desc
    ) as newest
    where event in ('delisted', 'renamed')`,
});
