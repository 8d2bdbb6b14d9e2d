import { sql } from 'kysely';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';

/** What a monitor asks for. Counts are of everything stored, durations of the newest run of each phase that completed. */
export interface MetricFacts {
  readonly runsByStatus: Readonly<Record<string, number>>;
  readonly phaseSeconds: Readonly<Record<string, number>>;
  readonly openHolds: number;
  readonly outboxBacklog: number;
  /** Age of the oldest event that waits, in seconds; 0 without one. */
  readonly outboxOldestSeconds: number;
  readonly publishedSession: SessionDate | null;
}

export async function readMetrics(database: Database, now: Date): Promise<MetricFacts> {
  const { rows } = await sql<MetricFacts>`
    select (select coalesce(json_object_agg(status, runs), '{}')
            from (select status, count(*)::int as runs from pipeline.run group by status) by_status) as "runsByStatus",
           (select coalesce(json_object_agg(phase, seconds), '{}')
            from (select distinct on (phase) phase, extract(epoch from finished_at - started_at)::float8 as seconds
                  from pipeline.phase_run
                  where status in ('completed', 'completed_with_holds')
                  order by phase, finished_at desc) newest) as "phaseSeconds",
           (select count(*)::int from pipeline.hold where state = 'open') as "openHolds",
           (select count(*)::int from pipeline.outbox where published_at is null) as "outboxBacklog",
           (select coalesce(greatest(extract(epoch from ${now} - min(created_at)), 0), 0)::float8
            from pipeline.outbox where published_at is null) as "outboxOldestSeconds",
           (select to_char(max(session), 'YYYY-MM-DD') from pipeline.phase_run
            where phase = 'cache-sync' and status in ('completed', 'completed_with_holds')) as "publishedSession"`.execute(
    database.db,
  );
  if (rows[0] === undefined) throw new Error('a select without from gives one row');
  return rows[0];
}
