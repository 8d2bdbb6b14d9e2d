import { sql, type RawBuilder } from 'kysely';
import type { SessionDate } from '../core/session.js';

/* Dates and instants in a form that no type parser changes: the pool may be a host's, with parsers of its own. */

/** A `date` as a session. */
export function sessionText(column: string): RawBuilder<SessionDate> {
  return sql<SessionDate>`to_char(${sql.ref(column)}, 'YYYY-MM-DD')`;
}

/** An instant in milliseconds since the epoch. */
export function epochMs(column: string): RawBuilder<number> {
  return sql<number>`(extract(epoch from ${sql.ref(column)}) * 1000)::float8`;
}
