import type { RunTotals } from '../core/run-totals.js';
import { instant, integer, bigint, json, orNull, text, uuid } from '../db/column.js';
import { RUN_IS_LEASED } from '../db/lease.sql.js';
import { statement } from '../db/statement.js';
import { isoText } from './iso-text.js';
import type { RunRecord } from './run-record.js';

/* An int ends at 24.8 days in milliseconds: one run that was found dead later than that would fail every query with it in its page. Numbers that
 * become JSON need no cast. */
const milliseconds = (table: string) => `round(extract(epoch from ${table}.finished_at - ${table}.started_at) * 1000)`;
/** The counters of a host's phase may be any JSON number; a total is whole. */
const total = (name: keyof RunTotals) => `'${name}', coalesce(round((r.report ->> '${name}')::float8), 0)`;

/** Whether a lease stands behind a run under way, and whose; null for one that has ended. */
const OWNED = `case when r.status = 'running' then json_build_object('isLeased', ${RUN_IS_LEASED}, 'process', (
    select json_build_object('machine', l.machine, 'pid', l.pid) from pipeline.lease l where l.name = 'run' and l.fence = r.fence)) end`;

const RUN_AS_JSON = `json_build_object(
  'runId', r.id, 'session', to_char(r.session, 'YYYY-MM-DD'), 'trigger', r.trigger, 'triggeredBy', r.triggered_by,
  'mode', r.mode, 'force', r.force, 'attempt', r.attempt, 'owner', r.lease_owner,
  'status', r.status, 'owned', ${OWNED},
  'startedAt', ${isoText('r.started_at')}, 'finishedAt', ${isoText('r.finished_at')}, 'durationMs', ${milliseconds('r')},
  'error', case when r.error is not null
           then json_build_object('code', r.error ->> 'code', 'message', r.error ->> 'message') end,
  'totals', json_build_object(${[total('symbolsProcessed'), total('symbolsFailed'), total('indicatorsCalculated')].join(', ')}),
  'phases', (
    select coalesce(json_agg(json_build_object(
             'phase', p.phase,
             'status', p.status,
             'startedAt', ${isoText('p.started_at')}, 'finishedAt', ${isoText('p.finished_at')},
             'durationMs', ${milliseconds('p')}, 'summary', p.report ->> 'summary',
             'warnings', coalesce(p.report -> 'warnings', '[]'), 'counters', coalesce(p.counters, '{}'))
             order by p.ordinal), '[]')
    from pipeline.phase_run p where p.run_id = r.id))`;

/** A run as it is stored: one whose process has ended is `running` until it is taken over. */
export interface StoredRun extends RunRecord {
  readonly owned: {
    readonly isLeased: boolean;
    /** Null when the lease has gone to another run, or is gone. */
    readonly process: { readonly machine: string | null; readonly pid: number } | null;
  } | null;
}

const CHOSEN = `from pipeline.run r
      where ($1::uuid is null or r.id = $1::uuid)
        and ($2::timestamptz is null or r.started_at >= $2::timestamptz)
        and ($3::text is null or $3::text = any (r.phases))`;

/**
 * Runs with their phases, newest first, and how many there are in all.
 *
 * Parameters: null where all runs are wanted.
 * Result:     one row.
 * Index:      run_fence_key for the page; the count reads the table, which has some rows a day.
 */
export const READ_RUNS = statement({
  parameters: { runId: orNull(uuid), since: orNull(instant), phase: orNull(text), limit: bigint, offset: bigint },
  row: { total: integer, runs: json<StoredRun[]>() },
  text: `
    with page as (select r.* ${CHOSEN} order by r.fence desc limit $4 offset $5)
    select (select count(*)::int ${CHOSEN}) as total,
           (select coalesce(json_agg(${RUN_AS_JSON} order by r.fence desc), '[]') from page r) as runs`,
});
