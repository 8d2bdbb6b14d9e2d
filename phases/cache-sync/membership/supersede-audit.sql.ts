import { arrayOf, date, instant, integer, orNull, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Supersedes the audit of the sessions from one on; rows with the same result are restored by `RESTORE_AUDIT`.
 *
 * Parameters: `universes` null for all.
 * Index:      membership_change_session_idx.
 */
export const SUPERSEDE_AUDIT = statement({
  parameters: { from: date, at: instant, universes: orNull(arrayOf(integer)) },
  row: {},
  text: `
    update pipeline.membership_change set superseded_at = $2
    where session >= $1 and superseded_at is null and ($3::int[] is null or universe_id = any ($3))`,
});

/** Restores changes of a universe in a session that were superseded at `at`. Index: membership_change_session_idx. */
export const KEEP_AUDIT = statement({
  parameters: {
    session: date,
    universeId: integer,
    at: instant,
    added: arrayOf(text),
    removed: arrayOf(text),
  },
  row: {},
  text: `
    update pipeline.membership_change set superseded_at = null
    where session = $1 and universe_id = $2 and superseded_at = $3
      and (action = 'added' and symbol = any ($4::text[]) or action = 'removed' and symbol = any ($5::text[]))`,
});
