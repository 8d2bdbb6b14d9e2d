import { sql } from 'kysely';
import { PipelineError } from '../core/errors.js';
import type { Phase, PhaseReport, RunMode, StatementRunner } from '../core/phase.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';

export type RunTrigger = 'manual' | 'automatic' | 'backfill' | 'api';
export type RunStatus = 'completed' | 'completed_with_holds' | 'failed' | 'cancelled';

export interface NewRun {
  readonly id: string;
  readonly session: SessionDate;
  readonly trigger: RunTrigger;
  readonly mode: RunMode;
  readonly force: boolean;
  readonly owner: string;
  readonly phases: readonly Phase[];
  readonly configHash: string;
  readonly codeVersion: string;
}

/** Runs and phase runs in `pipeline`, written as they happen. Instants come from the caller's clock, in UTC. */
export class RunStore {
  constructor(private readonly database: Database) {}

  /** Marks runs that nobody owns any more. Call only with the run lock held: then no running row can have a living owner. */
  async markInterrupted(at: Date): Promise<number> {
    const { rows } = await sql<{ id: string }>`
      with stopped as (
        update pipeline.run set status = 'interrupted', finished_at = ${at} where status = 'running' returning id
      ), phases as (
        update pipeline.phase_run set status = 'interrupted', finished_at = ${at}
        where run_id in (select id from stopped) and status in ('pending', 'running')
      )
      select id from stopped`.execute(this.database.db);
    return rows.length;
  }

  /** @returns the run's fence, higher than that of every run before it */
  async start(run: NewRun, at: Date): Promise<string> {
    const { rows } = await sql<{ fence: string }>`
      with started as (
        insert into pipeline.run
          (id, session, trigger, mode, force, phases, status, attempt, lease_owner, started_at, hashes)
        values (${run.id}, ${run.session}, ${run.trigger}, ${run.mode}, ${run.force},
                ${run.phases.map((phase) => phase.id)}, 'running',
                1 + (select count(*) from pipeline.run where session = ${run.session} and status in ('failed', 'cancelled', 'interrupted')),
                ${run.owner}, ${at}, ${JSON.stringify({ config: run.configHash, code: run.codeVersion })})
        returning fence
      ), planned as (
        insert into pipeline.phase_run (run_id, phase, ordinal, session, status)
        select ${run.id}, phase, ordinal, ${run.session}, 'pending'
        from unnest(${run.phases.map((phase) => phase.id)}::text[], ${run.phases.map((phase) => phase.ordinal)}::numeric[])
          as planned (phase, ordinal)
      )
      select fence from started`.execute(this.database.db);
    return rows[0]?.fence ?? '';
  }

  /** @throws EOD_FENCED when the run has been taken over: its phases are then marked interrupted */
  async startPhase(runId: string, phase: string, at: Date): Promise<void> {
    const { numUpdatedRows } = await this.database.db
      .updateTable('pipeline.phase_run')
      .set({ status: 'running', started_at: at })
      .where('run_id', '=', runId)
      .where('phase', '=', phase)
      .where('status', '=', 'pending')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw fencedError(runId);
  }

  /**
   * Completes a phase in the transaction that publishes its data.
   *
   * Locks the run's row: a run that takes over has to wait for this commit, or this one finds itself taken over.
   * @throws EOD_FENCED
   */
  async completePhase(
    transaction: StatementRunner,
    run: { id: string; fence: string },
    phase: string,
    report: PhaseReport,
    at: Date,
  ): Promise<void> {
    const { rows } = await transaction.query(
      `with owner as materialized (
         select id from pipeline.run where id = $1 and fence = $2 and status = 'running' for update
       )
       update pipeline.phase_run
       set status = $4, finished_at = $5, counters = $6, report = $7, hashes = $8
       where run_id = (select id from owner) and phase = $3
       returning run_id`,
      [
        run.id,
        run.fence,
        phase,
        report.held ? 'completed_with_holds' : 'completed',
        at,
        JSON.stringify(report.counters),
        JSON.stringify({
          summary: report.summary,
          changed: report.changed,
          warnings: report.warnings,
          details: report.details,
        }),
        JSON.stringify(report.hashes ?? {}),
      ],
    );
    if (rows.length === 0) throw fencedError(run.id);
  }

  /** Whether the run is still the one that may publish. */
  async isOwner(run: { id: string; fence: string }): Promise<boolean> {
    const { rows } = await sql`
      select 1 from pipeline.run where id = ${run.id} and fence = ${run.fence} and status = 'running'`.execute(
      this.database.db,
    );
    return rows.length > 0;
  }

  /** Edges: a phase whose commit went through although its answer was lost stays completed. */
  async failPhase(runId: string, phase: string, error: PipelineError, at: Date): Promise<void> {
    await this.database.db
      .updateTable('pipeline.phase_run')
      .set({
        status: error.code === 'EOD_CANCELLED' ? 'cancelled' : 'failed',
        finished_at: at,
        error: JSON.stringify(error),
      })
      .where('run_id', '=', runId)
      .where('phase', '=', phase)
      .where('status', 'in', ['pending', 'running'])
      .execute();
  }

  async finish(
    runId: string,
    status: RunStatus,
    at: Date,
    counters: Readonly<Record<string, number>>,
    error?: PipelineError,
  ): Promise<void> {
    await sql`with skipped as (
                update pipeline.phase_run set status = 'cancelled' where run_id = ${runId} and status = 'pending'
              )
              update pipeline.run
              set status = ${status}, finished_at = ${at}, counters = ${JSON.stringify(counters)},
                  error = ${error ? JSON.stringify(error) : null}
              where id = ${runId} and status = 'running'`.execute(this.database.db);
  }

  /** Whether a phase has completed for a session, in any run. */
  async hasCompleted(phase: string, session: SessionDate): Promise<boolean> {
    return (await this.completedSessions(phase)).includes(session);
  }

  /** The newest session a phase has completed for; undefined when there is none. */
  async newestCompleted(phase: string): Promise<SessionDate | undefined> {
    return (await this.completedSessions(phase)).at(-1);
  }

  /** Every session a phase has completed for, ascending; 250 a year. */
  async completedSessions(phase: string): Promise<SessionDate[]> {
    const rows = await this.database.db
      .selectFrom('pipeline.phase_run')
      .select(sql<SessionDate>`to_char(session, 'YYYY-MM-DD')`.as('day'))
      .distinct()
      .where('phase', '=', phase)
      .where('status', 'in', ['completed', 'completed_with_holds'])
      .orderBy('day')
      .execute();
    return rows.map((row) => row.day);
  }
}

export function fencedError(runId: string, cause?: unknown): PipelineError {
  return new PipelineError('EOD_FENCED', `run ${runId} is no longer the one that may publish`, {
    hint: 'see `tickstock status` for the run that took over',
    cause,
  });
}
