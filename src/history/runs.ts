import { sql } from 'kysely';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import type { RunTotals } from '../core/run-totals.js';
import { runLockIsHeld } from '../db/run-lock.js';

/** A run as `pipeline.run` has it. Instants are ISO text in UTC. */
export interface RunRecord {
  readonly runId: string;
  readonly session: SessionDate;
  readonly trigger: string;
  readonly triggeredBy: string | null;
  readonly mode: string;
  readonly force: boolean;
  readonly attempt: number;
  readonly status: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  readonly owner: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Zeros until the run has ended. */
  readonly totals: RunTotals;
  readonly phases: readonly PhaseRecord[];
}

export interface PhaseRecord {
  readonly phase: string;
  readonly status: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  readonly summary: string | null;
  readonly warnings: readonly string[];
  readonly counters: Readonly<Record<string, number>>;
}

export interface RunFilter {
  readonly limit: number;
  readonly offset?: number | undefined;
  /** Only runs started at or after this. */
  readonly since?: Date | undefined;
  /** Only runs that this phase was part of. */
  readonly phase?: string | undefined;
  readonly runId?: string | undefined;
}

export interface RunPage {
  readonly runs: readonly RunRecord[];
  /** How many match the filter. */
  readonly total: number;
}

/** A hold in one line. */
export interface OpenHold {
  readonly id: number;
  /** Null: the whole session is held. */
  readonly universe: string | null;
  readonly gate: string;
  readonly message: string;
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
  /** What they are; of the whole session first. */
  readonly holds: readonly OpenHold[];
  /** Events that no Redis has got yet. */
  readonly waitingEvents: number;
  readonly symbols: number;
  readonly bars: number;
}

/**
 * Runs with their phases, newest first, and how many there are in all.
 *
 * Edges: a run whose process is gone stays `running` in the table until it is marked; without its lock it is `interrupted` here.
 */
export async function readRuns(
  database: Database,
  { limit, offset = 0, since, phase, runId }: RunFilter,
): Promise<RunPage> {
  const chosen = sql`from pipeline.run r
    where (${runId ?? null}::uuid is null or r.id = ${runId ?? null}::uuid)
      and (${since ?? null}::timestamptz is null or r.started_at >= ${since ?? null}::timestamptz)
      and (${phase ?? null}::text is null or ${phase ?? null}::text = any (r.phases))`;
  const { rows } = await sql<{ total: number; runs: RunRecord[] }>`
    with page as (select r.* ${chosen} order by r.fence desc limit ${limit} offset ${offset})
    select (select count(*)::int ${chosen}) as total,
           (select coalesce(json_agg(${runAsJson} order by r.fence desc), '[]') from page r
            cross join lateral (select r.status = 'running' and not ${runLockIsHeld} as dead) lock) as runs`.execute(
    database.db,
  );
  return rows[0] ?? { runs: [], total: 0 };
}

export async function readStatus(database: Database): Promise<PipelineStatus> {
  const [lastRun = null] = (await readRuns(database, { limit: 1 })).runs;
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
           (select coalesce(json_agg(json_build_object('id', h.id, 'universe', coalesce(n.universe, u.name || '/' || u.key),
                     'gate', h.gate, 'message', coalesce(h.message, h.gate)) order by h.universe_id nulls first, h.id), '[]')
            from pipeline.hold h
            left join pipeline.universe u on u.id = h.universe_id
            left join pipeline.named_universes() n on n.id = h.universe_id
            where h.state = 'open') as holds,
           (select count(*)::int from pipeline.outbox where published_at is null) as "waitingEvents",
           (select count(*)::int from symbols where active) as symbols,
           (select greatest(c.reltuples, s.n_live_tup, 0)::float8 from pg_class c join pg_stat_user_tables s on s.relid = c.oid
            where c.oid = 'public.ohlcv_daily'::regclass) as bars`.execute(database.db);
  if (rows[0] === undefined) throw new Error('a select without from gives one row');
  return { ...rows[0], running: lastRun?.status === 'running' ? lastRun : null, lastRun };
}

const iso = (column: string) => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
/* An int ends at 24.8 days in milliseconds: one run that was found dead later than that would fail every query with it in its page. Numbers that
 * become JSON need no cast. */
const milliseconds = (table: string) => `round(extract(epoch from ${table}.finished_at - ${table}.started_at) * 1000)`;
/** The counters of a host's phase may be any JSON number; a total is whole. */
const total = (name: keyof RunTotals) => `'${name}', coalesce(round((r.report ->> '${name}')::float8), 0)`;

const runAsJson = sql.raw(`json_build_object(
  'runId', r.id, 'session', to_char(r.session, 'YYYY-MM-DD'), 'trigger', r.trigger, 'triggeredBy', r.triggered_by,
  'mode', r.mode, 'force', r.force, 'attempt', r.attempt, 'owner', r.lease_owner,
  'status', case when lock.dead then 'interrupted' else r.status end,
  'startedAt', ${iso('r.started_at')}, 'finishedAt', ${iso('r.finished_at')}, 'durationMs', ${milliseconds('r')},
  'error', case when r.error is not null
           then json_build_object('code', r.error ->> 'code', 'message', r.error ->> 'message') end,
  'totals', json_build_object(${[total('symbolsProcessed'), total('symbolsFailed'), total('indicatorsCalculated')].join(', ')}),
  'phases', (
    select coalesce(json_agg(json_build_object(
             'phase', p.phase,
             'status', case when lock.dead and p.status in ('pending', 'running') then 'interrupted' else p.status end,
             'startedAt', ${iso('p.started_at')}, 'finishedAt', ${iso('p.finished_at')},
             'durationMs', ${milliseconds('p')}, 'summary', p.report ->> 'summary',
             'warnings', coalesce(p.report -> 'warnings', '[]'), 'counters', coalesce(p.counters, '{}'))
             order by p.ordinal), '[]')
    from pipeline.phase_run p where p.run_id = r.id))`);
