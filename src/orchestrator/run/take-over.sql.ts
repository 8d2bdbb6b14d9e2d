import type { HoldApproval, PhaseReport } from '../../core/phase.js';
import type { RunMode } from '../../core/run-mode.js';
import type { SessionDate } from '../../core/session.js';
import { arrayOf, bigint, boolean, double, integer, json, orNull, text, textOf, uuid } from '../../db/column.js';
import { statement } from '../../db/statement.js';
import type { RunTrigger } from './run-types.js';

/** What a run was asked to do beyond what the columns of `pipeline.run` say. */
export interface StoredRequest {
  /** Source and folder of the import. */
  readonly input: string;
  readonly recompute: boolean;
  readonly approval?: HoldApproval;
  readonly replayFrom?: SessionDate;
}

/** A phase of a run that is resumed. */
export interface StoredPhase extends Pick<PhaseReport, 'summary' | 'changed' | 'warnings' | 'details' | 'counters'> {
  readonly id: string;
  readonly status: 'completed' | 'completed_with_holds';
  readonly durationMs: number;
}

/** A run that was taken over, with its phases that have completed. */
export type ResumableRun = NonNullable<Awaited<ReturnType<typeof TAKE_OVER.first>>>;

/**
 * The run under way, and the lease of its owner.
 *
 * Result: one row, or none; `secondsLeft` is null when the lease is gone.
 * Index:  run_open_idx.
 */
export const FIND_RUNNING = statement({
  parameters: {},
  row: { machine: orNull(text), pid: orNull(integer), secondsLeft: orNull(double) },
  text: `
    select l.machine, l.pid, extract(epoch from l.expires_at - clock_timestamp())::float8 as "secondsLeft"
    from pipeline.run r
    left join pipeline.lease l on l.name = 'run'
    where r.status = 'running'
    limit 1`,
});

/**
 * Gives the run under way the fence of a new owner, and makes its phases that have not completed pending again.
 *
 * Parameters: `configHash` and `input` of the new owner: with another configuration, or another source while the import is not done, it would
 *             continue another run.
 * Result:     one row if that was done; none when no run is under way, or it cannot be resumed.
 * Index:      run_open_idx, phase_run_pkey.
 */
export const TAKE_OVER = statement({
  parameters: { fence: bigint, owner: text, configHash: text, maxTakeovers: integer, input: text },
  row: {
    id: uuid,
    session: textOf<SessionDate>(),
    trigger: textOf<RunTrigger>(),
    triggeredBy: orNull(text),
    mode: textOf<RunMode>(),
    force: boolean,
    phases: arrayOf(text),
    takeovers: integer,
    startedMs: double,
    request: json<StoredRequest>(),
    completed: json<readonly StoredPhase[]>(),
  },
  text: `
    with taken as (
      update pipeline.run r set fence = $1, lease_owner = $2, takeovers = r.takeovers + 1
      where r.status = 'running' and r.fence < $1 and r.request is not null and r.hashes ->> 'config' = $3::text
        and r.takeovers < $4::int and r.cancelled_by is null
        and (r.request ->> 'input' = $5::text or exists (
          select from pipeline.phase_run p where p.run_id = r.id and p.phase = 'import' and p.status in ('completed', 'completed_with_holds')))
        and exists (select from pipeline.phase_run p where p.run_id = r.id and p.status in ('pending', 'running'))
        and not exists (select from pipeline.phase_run p where p.run_id = r.id and p.status in ('failed', 'cancelled', 'interrupted'))
      returning r.*
    ), restarted as (
      update pipeline.phase_run p set status = 'pending', started_at = null
      from taken where p.run_id = taken.id and p.status = 'running'
    )
    select t.id, to_char(t.session, 'YYYY-MM-DD') as session, t.trigger, t.triggered_by as "triggeredBy", t.mode, t.force, t.phases,
           t.takeovers, (extract(epoch from t.started_at) * 1000)::float8 as "startedMs", t.request::json as request,
           (select coalesce(json_agg(json_build_object(
                     'id', p.phase, 'status', p.status, 'counters', coalesce(p.counters, '{}'),
                     'durationMs', coalesce(round(extract(epoch from p.finished_at - p.started_at) * 1000), 0),
                     'summary', p.report ->> 'summary', 'changed', p.report -> 'changed',
                     'warnings', coalesce(p.report -> 'warnings', '[]'), 'details', coalesce(p.report -> 'details', '{}'))
                   order by p.ordinal), '[]')
            from pipeline.phase_run p where p.run_id = t.id and p.status in ('completed', 'completed_with_holds')) as completed
    from taken t`,
});
