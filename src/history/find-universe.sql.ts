import type { SessionDate } from '../core/session.js';
import { boolean, date, instant, integer, orNull, text, textOf } from '../db/column.js';
import { statement } from '../db/statement.js';

/**
 * Finds a universe by key or `name/key`.
 *
 * Result: `first` is when it was first published, where it had no member on the session; null otherwise.
 * Index:  membership_open_idx, membership_change_session_idx.
 */
export const FIND_UNIVERSE = statement({
  parameters: { name: text, session: orNull(date), knownAt: instant },
  row: {
    id: integer,
    universe: text,
    title: text,
    retired: orNull(textOf<SessionDate>()),
    first: orNull(textOf<SessionDate>()),
  },
  text: `
    select n.id, n.universe, n.title, to_char(n.retired_session, 'YYYY-MM-DD') as retired,
           case when not exists (
             select from pipeline.members(n.id, $2::date, $3::timestamptz)
           ) then (
             select to_char(min(c.session), 'YYYY-MM-DD') from pipeline.membership_change c
             where c.universe_id = n.id and c.reason = 'FIRST_PUBLISH'
           ) end as first
    from pipeline.named_universes() n
    where n.id = (select pipeline.find_universe($1))`,
});

/** Universes that are not retired, in the order of their ids, and whether any session has been published. */
export const LIST_UNIVERSES = statement({
  parameters: {},
  row: { universe: text, published: boolean },
  text: `
    select universe, pipeline.published_session() is not null as published
    from pipeline.named_universes() where retired_session is null order by id`,
});
