import { sql } from 'kysely';
import { PipelineError } from '../../core/errors.js';
import type { EventDraft, PhaseReport, StatementRunner } from '../../core/phase.js';
import type { SessionDate } from '../../core/session.js';
import type { Database } from '../../db/database.js';
import { toJsonb } from '../../db/jsonb.js';
import { appendToOutbox, pruneOutbox } from '../../events/outbox.js';
import type { RunTotals } from '../../core/run-totals.js';
import { markOrphans, type OrphanedRun } from './orphans.js';
import type { NewRun, EndedRunStatus } from './run-types.js';
import { runLockIsHeld } from '../../db/run-lock.js';

/** Runs and phase runs in `pipeline`, written as they happen, each step with its events. Instants come from the caller's clock, in UTC. */
export class RunStore {
  constructor(private readonly database: Database) {}

  /**
   * Marks runs that nobody owns any more, and tells their end. Call only with the run lock held: then no running row can have a living owner.
   * @returns how many there were
   */
  async markInterrupted(
    at: Date,
    announce: (run: OrphanedRun, error: PipelineError) => readonly EventDraft[] = () => [],
  ): Promise<number> {
    const error = new PipelineError('EOD_INTERRUPTED', 'the process ended before its run did', {
      hint: 'run the same session again: what was published stands, the rest is done anew',
    });
    return this.database.transaction(async (transaction) => {
      const orphans = await markOrphans(transaction, at, error);
      for (const run of orphans) await appendToOutbox(transaction.client, run.id, announce(run, error), at);
      return orphans.length;
    });
  }

  /** @returns the run's fence, higher than that of every run before it */
  async start(run: NewRun, at: Date, events: readonly EventDraft[] = []): Promise<string> {
    return this.database.transaction(async ({ client }) => {
      const { rows } = await client.query<{ fence: string }>(
        `with started as (
           insert into pipeline.run
             (id, session, trigger, mode, force, phases, status, attempt, lease_owner, triggered_by, started_at, hashes)
           values ($1, $2, $3, $4, $5, $6, 'running',
                   1 + (select count(*) from pipeline.run where session = $2 and status in ('failed', 'cancelled', 'interrupted')),
                   $7, $8, $9, $10)
           returning fence
         ), planned as (
           insert into pipeline.phase_run (run_id, phase, ordinal, session, status)
           select $1, phase, ordinal, $2, 'pending'
           from unnest($6::text[], $11::numeric[]) as planned (phase, ordinal)
         )
         select fence from started`,
        [
          run.id,
          run.session,
          run.trigger,
          run.mode,
          run.force,
          run.phases.map((phase) => phase.id),
          run.owner,
          run.triggeredBy ?? null,
          at,
          toJsonb({ config: run.configHash, code: run.codeVersion }),
          run.phases.map((phase) => phase.ordinal),
        ],
      );
      await appendToOutbox(client, run.id, events, at);
      return rows[0]?.fence ?? '';
    });
  }

  /** @throws EOD_FENCED when the run has been taken over: its phases are then marked interrupted */
  async startPhase(runId: string, phase: string, at: Date, events: readonly EventDraft[] = []): Promise<void> {
    await this.database.transaction(async ({ client }) => {
      const { rowCount } = await client.query(
        `update pipeline.phase_run set status = 'running', started_at = $3
         where run_id = $1 and phase = $2 and status = 'pending'`,
        [runId, phase, at],
      );
      if (rowCount === 0) throw fencedError(runId);
      await appendToOutbox(client, runId, events, at);
    });
  }

  /**
   * Completes a phase in the transaction that publishes its data, and writes down what is to be told of it.
   *
   * Locks the run's row: a run that takes over has to wait for this commit, or this one finds itself taken over.
   * @throws EOD_FENCED also when the phase has ended already, as failed or cancelled: its data must not be published after that
   */
  async completePhase(
    transaction: StatementRunner,
    run: { id: string; fence: string },
    phase: string,
    report: PhaseReport,
    at: Date,
    events: readonly EventDraft[] = [],
  ): Promise<void> {
    const { rows } = await transaction.query(
      `with owner as materialized (
         select id from pipeline.run where id = $1 and fence = $2 and status = 'running' for update
       )
       update pipeline.phase_run
       set status = $4, finished_at = $5, counters = $6, report = $7, hashes = $8
       where run_id = (select id from owner) and phase = $3 and status in ('pending', 'running')
       returning run_id`,
      [
        run.id,
        run.fence,
        phase,
        report.held ? 'completed_with_holds' : 'completed',
        at,
        toJsonb(report.counters),
        toJsonb({
          summary: report.summary,
          changed: report.changed,
          warnings: report.warnings,
          details: report.details,
        }),
        toJsonb(report.hashes ?? {}),
      ],
    );
    if (rows.length === 0) throw fencedError(run.id);
    await appendToOutbox(transaction, run.id, events, at);
  }

  /** Whether the run is still the one that may publish. */
  async isOwner(run: { id: string; fence: string }): Promise<boolean> {
    const { rows } = await sql`
      select 1 from pipeline.run where id = ${run.id} and fence = ${run.fence} and status = 'running'`.execute(
      this.database.db,
    );
    return rows.length > 0;
  }

  /** Edges: a phase whose commit went through although its answer was lost stays completed, and its end is not told a second time. */
  async failPhase(
    runId: string,
    phase: string,
    error: PipelineError,
    at: Date,
    events: readonly EventDraft[] = [],
  ): Promise<void> {
    await this.database.transaction(async ({ client }) => {
      const { rowCount } = await client.query(
        `update pipeline.phase_run set status = $3, finished_at = $4, error = $5
         where run_id = $1 and phase = $2 and status in ('pending', 'running')`,
        [runId, phase, error.code === 'EOD_CANCELLED' ? 'cancelled' : 'failed', at, toJsonb(error)],
      );
      if (rowCount === 1) await appendToOutbox(client, runId, events, at);
    });
  }

  /** Edges: of a run that was taken over nothing is written: whoever took over has told its end. */
  async finish(
    runId: string,
    status: EndedRunStatus,
    at: Date,
    outcome: {
      readonly counters: Readonly<Record<string, number>>;
      readonly totals: RunTotals;
      readonly error?: PipelineError | undefined;
    },
    events: readonly EventDraft[] = [],
  ): Promise<void> {
    await this.database.transaction(async ({ client }) => {
      const { rowCount } = await client.query(
        `with finished as (
           update pipeline.run
           set status = $2, finished_at = $3, counters = $4, report = $5, error = $6
           where id = $1 and status = 'running'
           returning id
         ), skipped as (
           update pipeline.phase_run p set status = 'cancelled'
           from finished
           where p.run_id = finished.id and p.status = 'pending'
         )
         select id from finished`,
        [
          runId,
          status,
          at,
          toJsonb(outcome.counters),
          toJsonb(outcome.totals),
          outcome.error ? toJsonb(outcome.error) : null,
        ],
      );
      if (rowCount === 1) await appendToOutbox(client, runId, events, at);
    });
  }

  /** Active symbols; what a run is measured against. */
  async countSymbols(): Promise<number> {
    const { rows } = await sql<{ symbols: number }>`select count(*)::int as symbols from symbols where active`.execute(
      this.database.db,
    );
    return rows[0]?.symbols ?? 0;
  }

  /** Forgets events older than `keepDays` days; with `onlyDelivered` those that wait stay however old they are. */
  async pruneEvents(keepDays: number, onlyDelivered: boolean, at: Date): Promise<void> {
    await this.database.transaction(({ client }) => pruneOutbox(client, { keepDays, onlyDelivered, at }));
  }

  /** Whether a run stands as running although nobody holds the run lock: its process is gone. */
  async hasOrphans(): Promise<boolean> {
    const { rows } = await sql`
      select 1 from pipeline.run where status = 'running' and not ${runLockIsHeld} limit 1`.execute(this.database.db);
    return rows.length > 0;
  }

  /** Whether a phase has completed for a session, in any run. */
  async hasCompleted(phase: string, session: SessionDate): Promise<boolean> {
    const { rows } = await sql`
      select 1 from pipeline.phase_run
      where phase = ${phase} and session = ${session}::date and status in ('completed', 'completed_with_holds')
      limit 1`.execute(this.database.db);
    return rows.length > 0;
  }

  /** The newest session a phase has completed for; undefined when there is none. */
  async newestCompleted(phase: string): Promise<SessionDate | undefined> {
    const { rows } = await sql<{ day: SessionDate }>`
      select to_char(session, 'YYYY-MM-DD') as day from pipeline.phase_run
      where phase = ${phase} and status in ('completed', 'completed_with_holds')
      order by session desc
      limit 1`.execute(this.database.db);
    return rows[0]?.day;
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
