import type { PhaseReport } from '../../core/phase.js';
import type { RunMode } from '../../core/run-mode.js';
import type { SessionDate } from '../../core/session.js';
import { arrayOf, boolean, instant, integer, json, jsonb, text, textOf, uuid } from '../../db/column.js';
import { statement } from '../../db/statement.js';

/** A phase that had not ended when its run was found without an owner. */
export interface OrphanedPhase {
  readonly id: string;
  readonly startedAt: string | null;
}

export type OrphanStatus = 'interrupted' | 'failed' | 'cancelled' | 'completed' | 'completed_with_holds';

/**
 * Ends runs without an owner: as completed if every phase had completed, as cancelled if that was asked for, as failed if they were resumed as
 * often as they may be, else as interrupted; with their open phases.
 *
 * Parameters: `error` of interrupted runs; `runs` locked before, by a separate statement (`orphans.ts`).
 * Result:     the runs that were still running, by fence; `reports` of all their phases, `phases` that had not ended, `planned` all of them.
 * Index:      primary keys of run and phase_run.
 */
export const END_ORPHANS = statement({
  parameters: { at: instant, error: jsonb(), runs: arrayOf(uuid), maxTakeovers: integer },
  row: {
    id: uuid,
    session: textOf<SessionDate>(),
    mode: textOf<RunMode>(),
    force: boolean,
    status: textOf<OrphanStatus>(),
    startedAt: instant,
    reports: json<readonly Pick<PhaseReport, 'counters'>[]>(),
    phases: json<readonly OrphanedPhase[]>(),
    planned: arrayOf(text),
  },
  text: `
    with ended as (
      select r.id, coalesce(bool_and(p.status in ('completed', 'completed_with_holds')), false) as done,
             bool_or(p.status = 'completed_with_holds') as held,
             json_agg(json_build_object('counters', coalesce(p.counters, '{}'))) as reports
      from pipeline.run r
      left join pipeline.phase_run p on p.run_id = r.id
      where r.id = any ($3::uuid[])
      group by r.id
    ), stopped as (
      update pipeline.run r
      set status = case when done then case when held then 'completed_with_holds' else 'completed' end
                        when r.cancelled_by is not null then 'cancelled'
                        when r.takeovers >= $4::int then 'failed' else 'interrupted' end,
          finished_at = $1,
          error = case when done then null when r.cancelled_by is null then $2::jsonb
                       else jsonb_build_object('code', 'EOD_CANCELLED', 'message', 'the run was cancelled by ' || r.cancelled_by) end
      from ended
      where ended.id = r.id and r.status = 'running'
      returning r.id, r.session, r.mode, r.force, r.started_at, r.status, r.fence, r.phases as planned, ended.reports
    ), phases as (
      update pipeline.phase_run p set status = stopped.status, finished_at = $1
      from stopped where p.run_id = stopped.id and p.status in ('pending', 'running')
      returning p.run_id, p.phase, p.ordinal, p.started_at
    )
    select id, to_char(session, 'YYYY-MM-DD') as session, mode, force, status, started_at as "startedAt", reports,
           (select coalesce(json_agg(json_build_object('id', p.phase, 'startedAt', p.started_at) order by p.ordinal), '[]')
            from phases p where p.run_id = stopped.id) as phases, planned
    from stopped
    order by fence`,
});
