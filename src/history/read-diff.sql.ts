import type { SessionDate } from '../core/session.js';
import { date, instant, integer, orNull, text, textOf } from '../db/column.js';
import { statement } from '../db/statement.js';

/** How many members a universe had on two sessions, as believed at `knownAt`; one row. */
export const COUNT_MEMBERS = statement({
  parameters: { id: integer, from: date, to: date, knownAt: instant },
  row: { before: integer, after: integer },
  text: `
    select (select count(*)::int from pipeline.members($1, $2::date, $4::timestamptz)) as before,
           (select count(*)::int from pipeline.members($1, $3::date, $4::timestamptz)) as after`,
});

/** Symbols that are members on one of two sessions only, as believed at `knownAt`, with the last change of each. */
export const READ_DIFF = statement({
  parameters: { universe: text, from: date, to: date, knownAt: instant },
  row: {
    symbol: text,
    action: textOf<'added' | 'removed'>(),
    session: orNull(textOf<SessionDate>()),
    reason: orNull(text),
  },
  text: `
    select symbol, action, to_char(session, 'YYYY-MM-DD') as session, reason
    from pipeline.universe_diff($1, $2::date, $3::date, $4::timestamptz)`,
});
