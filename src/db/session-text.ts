import { sql, type RawBuilder } from 'kysely';
import type { SessionDate } from '../core/session.js';

/** A `date` column as the text of a session: how a `date` itself arrives is the pool's affair, which may be a host's. */
export function sessionText(column: string): RawBuilder<SessionDate> {
  return sql<SessionDate>`to_char(${sql.ref(column)}, 'YYYY-MM-DD')`;
}
