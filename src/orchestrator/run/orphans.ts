import type { PipelineError } from '../../core/errors.js';
import type { PhaseReport } from '../../core/phase.js';
import type { RunMode } from '../../core/run-mode.js';
import type { SessionDate } from '../../core/session.js';
import type { Transaction } from '../../db/database.js';
import { toJsonb } from '../../db/jsonb.js';
import { toTotals, type RunTotals } from '../../core/run-totals.js';

/** A run that was found without an owner, as it has been marked. */
export interface OrphanedRun {
  readonly id: string;
  readonly session: SessionDate;
  readonly mode: RunMode;
  readonly force: boolean;
  readonly startedAt: Date;
  /** Completed where its last phase had, and only its end was missing. */
  readonly status: 'interrupted' | 'completed' | 'completed_with_holds';
  /** Phases that had not ended: the one at work, and those that never began. */
  readonly phases: readonly { readonly id: string; readonly startedAt: string | null }[];
  /** Of the phases that had. */
  readonly totals: RunTotals;
}

/**
 * Ends runs that have no owner: completed where every phase had completed, else interrupted, with the phases that had not ended.
 *
 * The rows are locked first, by a statement of its own: the next statement then sees what a run that was ending meanwhile has committed. In one
 * statement the wait for such a row would end with phases read before it, and an update that does not repeat `status = 'running'` would
 * overwrite the run's own end.
 */
export async function markOrphans({ client }: Transaction, at: Date, error: PipelineError): Promise<OrphanedRun[]> {
  const running = await client.query<{ id: string }>(
    `select id from pipeline.run where status = 'running' order by fence for update`,
  );
  if (running.rows.length === 0) return [];
  type Row = Omit<OrphanedRun, 'totals'> & { reports: readonly Pick<PhaseReport, 'counters'>[] };
  const { rows } = await client.query<Row>(
    `with ended as (
       select r.id, coalesce(bool_and(p.status in ('completed', 'completed_with_holds')), false) as done,
              bool_or(p.status = 'completed_with_holds') as held,
              json_agg(json_build_object('counters', coalesce(p.counters, '{}'))) as reports
       from pipeline.run r
       left join pipeline.phase_run p on p.run_id = r.id
       where r.id = any ($3::uuid[])
       group by r.id
     ), stopped as (
       update pipeline.run r
       set status = case when not done then 'interrupted' when held then 'completed_with_holds' else 'completed' end,
           finished_at = $1, error = case when not done then $2::jsonb end
       from ended
       where ended.id = r.id and r.status = 'running'
       returning r.id, r.session, r.mode, r.force, r.started_at, r.status, r.fence, ended.reports
     ), phases as (
       update pipeline.phase_run p set status = 'interrupted', finished_at = $1
       from stopped where p.run_id = stopped.id and p.status in ('pending', 'running')
       returning p.run_id, p.phase, p.ordinal, p.started_at
     )
     select id, to_char(session, 'YYYY-MM-DD') as session, mode, force, status, started_at as "startedAt", reports,
            (select coalesce(json_agg(json_build_object('id', p.phase, 'startedAt', p.started_at) order by p.ordinal), '[]')
             from phases p where p.run_id = stopped.id) as phases
     from stopped
     order by fence`,
    [at, toJsonb(error), running.rows.map(({ id }) => id)],
  );
  const orphans = rows.map(({ reports, ...run }): OrphanedRun => ({ ...run, totals: toTotals(reports) }));
  await client.query(
    'update pipeline.run r set report = o.report from unnest($1::uuid[], $2::jsonb[]) as o (id, report) where r.id = o.id',
    [orphans.map(({ id }) => id), orphans.map(({ totals }) => JSON.stringify(totals))],
  );
  return orphans;
}
