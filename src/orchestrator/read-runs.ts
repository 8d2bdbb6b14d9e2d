import { sql } from 'kysely';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { runLockIsHeld } from './run-lock.js';

/** A run as `pipeline.run` has it. Instants are ISO text in UTC. */
export interface RunRecord {
  readonly runId: string;
  readonly session: SessionDate;
  readonly trigger: string;
  readonly status: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  readonly owner: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly phases: readonly PhaseRecord[];
}

export interface PhaseRecord {
  readonly phase: string;
  readonly status: string;
  readonly durationMs: number | null;
  readonly summary: string | null;
  readonly counters: Readonly<Record<string, number>>;
}

export interface PipelineStatus {
  readonly running: RunRecord | null;
  readonly lastRun: RunRecord | null;
  readonly importedSession: SessionDate | null;
  readonly publishedSession: SessionDate | null;
  /** The session published before it. */
  readonly previousSession: SessionDate | null;
  readonly membershipHash: string | null;
  readonly openHolds: number;
  readonly symbols: number;
  readonly bars: number;
}

/**
 * Runs with their phases, newest first.
 *
 * Edges: a run whose process is gone stays `running` in the table until the next run marks it; without its lock it is `interrupted` here.
 */
export async function readHistory(database: Database, limit: number): Promise<RunRecord[]> {
  const { rows } = await sql<RunRecord>`
    select r.id as "runId", to_char(r.session, 'YYYY-MM-DD') as session, r.trigger, r.lease_owner as owner,
           case when dead then 'interrupted' else r.status end as status,
           ${iso('r.started_at')} as "startedAt", ${iso('r.finished_at')} as "finishedAt",
           ${milliseconds('r')} as "durationMs",
           case when r.error is null then null
                else json_build_object('code', r.error ->> 'code', 'message', r.error ->> 'message') end as error,
           (select coalesce(json_agg(json_build_object(
                     'phase', p.phase, 'durationMs', ${milliseconds('p')},
                     'status', case when dead and p.status in ('pending', 'running') then 'interrupted' else p.status end,
                     'summary', p.report ->> 'summary', 'counters', coalesce(p.counters, '{}')) order by p.ordinal), '[]')
            from pipeline.phase_run p where p.run_id = r.id) as phases
    from pipeline.run r
    cross join lateral (select r.status = 'running' and not ${runLockIsHeld} as dead) lock
    order by r.fence desc
    limit ${limit}`.execute(database.db);
  return rows;
}

export async function readStatus(database: Database): Promise<PipelineStatus> {
  const [lastRun = null] = await readHistory(database, 1);
  const { rows } = await sql<Omit<PipelineStatus, 'running' | 'lastRun'>>`
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
           (select count(*)::int from symbols where active) as symbols,
           (select greatest(c.reltuples, s.n_live_tup, 0)::float8 from pg_class c join pg_stat_user_tables s on s.relid = c.oid
            where c.oid = 'public.ohlcv_daily'::regclass) as bars`.execute(database.db);
  if (rows[0] === undefined) throw new Error('a select without from gives one row');
  return { ...rows[0], running: lastRun?.status === 'running' ? lastRun : null, lastRun };
}

const iso = (column: string) => sql.raw(`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);
const milliseconds = (table: string) =>
  sql.raw(`(extract(epoch from ${table}.finished_at - ${table}.started_at) * 1000)::int`);
