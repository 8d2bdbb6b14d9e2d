import { sql } from 'kysely';
import { PipelineError } from '../../core/errors.js';
import type { EventDraft, PhaseReport, StatementRunner } from '../../core/phase.js';
import type { SessionDate } from '../../core/session.js';
import { selectCompleted } from '../../db/completed.js';
import type { Database } from '../../db/database.js';
import { countActiveSymbols } from '../../db/count-active-symbols.js';
import { kyselyOn } from '../../db/kysely-on.js';
import { toJsonb } from '../../db/jsonb.js';
import { appendToOutbox, pruneOutbox } from '../../events/outbox.js';
import type { RunTotals } from '../../core/run-totals.js';
import { fencedError } from './fenced-error.js';
import { markOrphans, type OrphanedRun } from './orphans.js';
import type { NewRun, EndedRunStatus } from './run-types.js';
import { runLockIsHeld } from '../../db/run-lock.js';

/** Stores runs and phase runs in `pipeline` as they happen, each step with its events. Instants are from the caller's clock, in UTC. */
export class RunStore {
  constructor(private readonly database: Database) {}

  /**
   * Marks runs without a living owner as interrupted, and stores their end events. Call it only while holding the run lock: then no running
   * row can have a living owner.
   * @returns the number of runs
   */
  async markInterrupted(
    at: Date,
    announce: (run: OrphanedRun, error: PipelineError) => readonly EventDraft[] = () => [],
  ): Promise<number> {
    const error = new PipelineError('EOD_INTERRUPTED', 'the process ended before its run did', {
      hint: 'run the same session again: published phases stay, the others are repeated',
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
      const db = kyselyOn(client);
      const { fence } = await db
        .insertInto('pipeline.run')
        .values((eb) => ({
          id: run.id,
          session: run.session,
          trigger: run.trigger,
          mode: run.mode,
          force: run.force,
          phases: run.phases.map((phase) => phase.id),
          status: 'running',
          attempt: eb
            .selectFrom('pipeline.run')
            .select(({ fn }) => sql<number>`1 + ${fn.countAll()}`.as('attempt'))
            .where('session', '=', run.session)
            .where('status', 'in', ['failed', 'cancelled', 'interrupted']),
          lease_owner: run.owner,
          triggered_by: run.triggeredBy ?? null,
          started_at: at,
          hashes: toJsonb({ config: run.configHash, code: run.codeVersion }),
        }))
        .returning('fence')
        .executeTakeFirstOrThrow();
      const toPhaseRun = ({ id: phase, ordinal }: NewRun['phases'][number]) =>
        ({ run_id: run.id, phase, ordinal, session: run.session, status: 'pending' }) as const;
      if (run.phases.length > 0) await db.insertInto('pipeline.phase_run').values(run.phases.map(toPhaseRun)).execute();
      await appendToOutbox(client, run.id, events, at);
      return fence;
    });
  }

  /** @throws EOD_FENCED when the run has been taken over: its phases are then marked interrupted */
  async startPhase(runId: string, phase: string, at: Date, events: readonly EventDraft[] = []): Promise<void> {
    await this.database.transaction(async ({ client }) => {
      const started = await kyselyOn(client)
        .updateTable('pipeline.phase_run')
        .set({ status: 'running', started_at: at })
        .where('run_id', '=', runId)
        .where('phase', '=', phase)
        .where('status', '=', 'pending')
        .executeTakeFirst();
      if (started.numUpdatedRows === 0n) throw fencedError(runId);
      await appendToOutbox(client, runId, events, at);
    });
  }

  /**
   * Completes a phase in the transaction that publishes its data, and stores its events.
   *
   * Locks the row of the run: a run that takes over has to wait for this commit, or this run finds that it was taken over.
   * @throws EOD_FENCED also when the phase has already ended as failed or cancelled: its data must not be published after that
   */
  async completePhase(
    transaction: StatementRunner,
    run: { id: string; fence: string },
    phase: string,
    report: PhaseReport,
    at: Date,
    events: readonly EventDraft[] = [],
  ): Promise<void> {
    const { summary, changed, warnings, details } = report;
    const completed = await kyselyOn(transaction)
      .with(
        (cte) => cte('owner').materialized(),
        (db) =>
          db
            .selectFrom('pipeline.run')
            .select('id')
            .where('id', '=', run.id)
            .where('fence', '=', run.fence)
            .where('status', '=', 'running')
            .forUpdate(),
      )
      .updateTable('pipeline.phase_run')
      .set({
        status: report.held ? 'completed_with_holds' : 'completed',
        finished_at: at,
        counters: toJsonb(report.counters),
        report: toJsonb({ summary, changed, warnings, details }),
        hashes: toJsonb(report.hashes ?? {}),
      })
      .where('run_id', '=', (eb) => eb.selectFrom('owner').select('owner.id'))
      .where('phase', '=', phase)
      .where('status', 'in', ['pending', 'running'])
      .returning('run_id')
      .execute();
    if (completed.length === 0) throw fencedError(run.id);
    await appendToOutbox(transaction, run.id, events, at);
  }

  /** Whether the run is still the one that may publish. */
  async isOwner(run: { id: string; fence: string }): Promise<boolean> {
    const found = await this.database.db
      .selectFrom('pipeline.run')
      .select('id')
      .where('id', '=', run.id)
      .where('fence', '=', run.fence)
      .where('status', '=', 'running')
      .execute();
    return found.length > 0;
  }

  /** Edges: a phase whose commit succeeded although the answer was lost stays completed, and its end is not reported twice. */
  async failPhase(
    runId: string,
    phase: string,
    error: PipelineError,
    at: Date,
    events: readonly EventDraft[] = [],
  ): Promise<void> {
    await this.database.transaction(async ({ client }) => {
      const status = error.code === 'EOD_CANCELLED' ? 'cancelled' : 'failed';
      const failed = await kyselyOn(client)
        .updateTable('pipeline.phase_run')
        .set({ status, finished_at: at, error: toJsonb(error) })
        .where('run_id', '=', runId)
        .where('phase', '=', phase)
        .where('status', 'in', ['pending', 'running'])
        .executeTakeFirst();
      if (failed.numUpdatedRows === 1n) await appendToOutbox(client, runId, events, at);
    });
  }

  /** Edges: nothing is written for a run that was taken over, because its successor has stored its end. */
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
      const db = kyselyOn(client);
      const finished = await db
        .updateTable('pipeline.run')
        .set({
          status,
          finished_at: at,
          counters: toJsonb(outcome.counters),
          report: toJsonb(outcome.totals),
          error: outcome.error ? toJsonb(outcome.error) : null,
        })
        .where('id', '=', runId)
        .where('status', '=', 'running')
        .executeTakeFirst();
      if (finished.numUpdatedRows === 0n) return;
      await db
        .updateTable('pipeline.phase_run')
        .set({ status: 'cancelled' })
        .where('run_id', '=', runId)
        .where('status', '=', 'pending')
        .execute();
      await appendToOutbox(client, runId, events, at);
    });
  }

  /** Active symbols: the total of a run. */
  async countSymbols(): Promise<number> {
    return countActiveSymbols(this.database.db);
  }

  /** Deletes events older than `keepDays` days; with `onlyDelivered` waiting events stay regardless of their age. */
  async pruneEvents(keepDays: number, onlyDelivered: boolean, at: Date): Promise<void> {
    await this.database.transaction(({ client }) => pruneOutbox(client, { keepDays, onlyDelivered, at }));
  }

  /** Whether a run is recorded as running while the run lock is free: its process has died. */
  async hasOrphans(): Promise<boolean> {
    const found = await this.database.db
      .selectFrom('pipeline.run')
      .select('id')
      .where('status', '=', 'running')
      .where((eb) => eb.not(runLockIsHeld))
      .limit(1)
      .execute();
    return found.length > 0;
  }

  /** Whether any run has completed a phase for a session. */
  async hasCompleted(phase: string, session: SessionDate): Promise<boolean> {
    const found = await selectCompleted(this.database.db, phase).where('session', '=', session).limit(1).execute();
    return found.length > 0;
  }

  /** The newest session that a phase has completed; undefined when there is none. */
  async newestCompleted(phase: string): Promise<SessionDate | undefined> {
    const newest = await selectCompleted(this.database.db, phase)
      .orderBy('session', 'desc')
      .limit(1)
      .executeTakeFirst();
    return newest?.day;
  }

  /** Every session that a phase has completed, ascending; 250 per year. */
  async completedSessions(phase: string): Promise<SessionDate[]> {
    const rows = await selectCompleted(this.database.db, phase).distinct().orderBy('day').execute();
    return rows.map((row) => row.day);
  }
}
