import type { SessionDate } from '../core/session.js';
import { double, integer, json, orNull, text, textOf } from '../db/column.js';
import { statement } from '../db/statement.js';
import { CANDIDATE_SIZE, HELD_SESSIONS } from './read-holds.sql.js';
import type { OpenHold } from './run-record.js';

/**
 * What is imported, published, held and waiting. The hold that has lasted longest comes first.
 *
 * Result: one row. `bars` is what the statistics say: counting them takes seconds.
 */
export const READ_STATUS = statement({
  parameters: {},
  row: {
    importedSession: orNull(textOf<SessionDate>()),
    publishedSession: orNull(textOf<SessionDate>()),
    previousSession: orNull(textOf<SessionDate>()),
    membershipHash: orNull(text),
    openHolds: integer,
    holds: json<readonly OpenHold[]>(),
    heldSessions: json<readonly SessionDate[]>(),
    waitingEvents: integer,
    symbols: integer,
    bars: double,
  },
  text: `
    with done as (
      select p.phase, p.session, p.hashes, r.fence
      from pipeline.phase_run p
      join pipeline.run r on r.id = p.run_id
      where p.status in ('completed', 'completed_with_holds')
    )
    select (select to_char(max(session), 'YYYY-MM-DD') from done where phase = 'import') as "importedSession",
           (select to_char(max(session), 'YYYY-MM-DD') from done where phase = 'cache-sync') as "publishedSession",
           (select to_char(max(session), 'YYYY-MM-DD') from done
            where phase = 'cache-sync' and session < (select max(session) from done where phase = 'cache-sync'))
             as "previousSession",
           (select hashes ->> 'membership' from done where phase = 'cache-sync' order by session desc, fence desc limit 1)
             as "membershipHash",
           (select count(*)::int from pipeline.hold where state = 'open') as "openHolds",
           (select coalesce(json_agg(open_hold order by open_hold."heldSince", open_hold.id), '[]')
            from (
              select h.id, coalesce(n.universe, u.name || '/' || u.key) as universe, h.gate, coalesce(h.message, h.gate) as message,
                     ${CANDIDATE_SIZE}, held."heldSince", held."heldSessions"
              from pipeline.hold h
              left join pipeline.universe u on u.id = h.universe_id
              left join pipeline.named_universes() n on n.id = h.universe_id
              ${HELD_SESSIONS}
              where h.state = 'open'
            ) as open_hold) as holds,
           (select coalesce(json_agg(to_char(session, 'YYYY-MM-DD') order by session desc), '[]') from pipeline.held_session)
             as "heldSessions",
           (select count(*)::int from pipeline.outbox where published_at is null) as "waitingEvents",
           (select count(*)::int from public.symbols where active) as symbols,
           (select greatest(c.reltuples, s.n_live_tup, 0)::float8 from pg_class c join pg_stat_user_tables s on s.relid = c.oid
            where c.oid = 'public.ohlcv_daily'::regclass) as bars`,
});
