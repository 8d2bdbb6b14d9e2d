import type { SessionDate } from '../../../src/core/session.js';
import { arrayOf, date, integer, json } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * First session of each membership as it was before a session, under whatever ticker.
 *
 * Result: one row per universe: symbol → session.
 * Index:  membership_open_idx, membership_closed_idx.
 */
export const READ_MEMBERS_SINCE = statement({
  parameters: { universes: arrayOf(integer), session: date },
  row: { id: integer, members: json<Record<string, SessionDate>>() },
  text: `
    select universe_id as id, json_object_agg(symbol, to_char(coalesce(since, valid_from), 'YYYY-MM-DD')) as members
    from pipeline.membership
    where universe_id = any ($1::int[]) and known_to is null and valid_from < $2 and (valid_to is null or valid_to >= $2)
    group by universe_id`,
});
