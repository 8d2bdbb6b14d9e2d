import type { SessionDate } from '../core/session.js';
import { double, instant, integer, json, orNull, textOf } from '../db/column.js';
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
            where phase = 'cache-sync' and status in ('completed', 'completed_with_holds')) as "publishedSession"`,
});
