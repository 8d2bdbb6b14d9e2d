import type { SessionDate } from '../core/session.js';
import { double, instant, integer, json, orNull, text, textOf } from '../db/column.js';
import { statement } from '../db/statement.js';

/** What a monitor asks for; one row. */
export const READ_METRICS = statement({
  parameters: { now: instant },
  row: {
    runsByStatus: json<Record<string, number>>(),
    phaseSeconds: json<Record<string, number>>(),
    openHolds: integer,
    outboxBacklog: integer,
    outboxOldestSeconds: double,
    publishedSession: orNull(textOf<SessionDate>()),
    lastRun: orNull(json<{ readonly status: string; readonly endedAt: number }>()),
    slotState: orNull(text),
    rejectedRows: integer,
    openExceptions: integer,
    members: json<Record<string, number>>(),
    gates:
      json<readonly { readonly gate: string; readonly measured: number | null; readonly threshold: number | null }[]>(),
  },
  text: `
    select (select coalesce(json_object_agg(status, runs), '{}')
            from (select status, count(*)::int as runs from pipeline.run group by status) by_status) as "runsByStatus",
           (select coalesce(json_object_agg(phase, seconds), '{}')
            from (select distinct on (phase) phase, extract(epoch from finished_at - started_at)::float8 as seconds
                  from pipeline.phase_run
                  where status in ('completed', 'completed_with_holds')
                  order by phase, finished_at desc) newest) as "phaseSeconds",
           (select count(*)::int from pipeline.hold where state = 'open') as "openHolds",
           (select count(*)::int from pipeline.outbox where published_at is null) as "outboxBacklog",
           (select coalesce(greatest(extract(epoch from $1 - min(created_at)), 0), 0)::float8
            from pipeline.outbox where published_at is null) as "outboxOldestSeconds",
           (select to_char(max(session), 'YYYY-MM-DD') from pipeline.phase_run
            where phase = 'cache-sync' and status in ('completed', 'completed_with_holds')) as "publishedSession",
           (select json_build_object('status', status, 'endedAt', extract(epoch from finished_at))
            from pipeline.run where finished_at is not null order by finished_at desc limit 1) as "lastRun",
           (select state from pipeline.slot order by session desc limit 1) as "slotState",
           (select count(*)::int from pipeline.rejected_row
            where session = (select max(session) from pipeline.phase_run where phase = 'import')) as "rejectedRows",
           (select count(*)::int from pipeline.exception where state = 'open') as "openExceptions",
           (select coalesce(json_object_agg(n.universe, m.members), '{}')
            from pipeline.named_universes() n
            join (select universe_id, count(*)::int as members from pipeline.membership
                  where valid_to is null and known_to is null group by 1) m on m.universe_id = n.id
            where n.retired_session is null) as members,
           (select coalesce(json_agg(g), '[]')
            from (select report -> 'details' -> 'gates' as gates from pipeline.phase_run
                  where phase = 'cache-sync' and status in ('completed', 'completed_with_holds') and jsonb_typeof(report -> 'details' -> 'gates') = 'array'
                  order by finished_at desc limit 1) newest,
                 jsonb_to_recordset(newest.gates) as g (gate text, universe text, measured float8, threshold float8)
            where g.universe is null) as gates`,
});
