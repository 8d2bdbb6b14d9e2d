import type { SessionDate } from '../../../src/core/session.js';
import { boolean, integer, json, orNull, text, textOf } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Every universe ever published, each with its open members, in the order of their ids.
 *
 * Result: one row per universe, whatever its number of members. `record` is JSON of the stored rule.
 * Index:  membership_open_idx.
 */
export const READ_OPEN_UNIVERSES = statement({
  parameters: {},
  row: {
    id: integer,
    type: text,
    name: text,
    key: text,
    isRetired: boolean,
    isUnborn: boolean,
    retiredSession: orNull(textOf<SessionDate>()),
    firstSession: orNull(textOf<SessionDate>()),
    record: text,
    symbols: json<string[]>(),
  },
  text: `
    select u.id, u.type, u.name, u.key, u.retired_session is not null as "isRetired",
           coalesce(u.retired_session <= u.first_session, false) as "isUnborn",
           to_char(u.retired_session, 'YYYY-MM-DD') as "retiredSession", to_char(u.first_session, 'YYYY-MM-DD') as "firstSession",
           json_build_array(u.title, u.cache_type, u.policy_hash)::text as record, coalesce(m.symbols, '[]') as symbols
    from pipeline.universe u
    left join (
      select universe_id, json_agg(symbol) as symbols
      from pipeline.membership
      where valid_to is null and known_to is null
      group by universe_id
    ) m on m.universe_id = u.id
    order by u.id`,
});
