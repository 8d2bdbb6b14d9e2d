import { sql, type Kysely } from 'kysely';
import { PipelineError } from '../../core/errors.js';
import type { EventDraft, PhaseReport, StatementRunner } from '../../core/phase.js';
import type { SessionDate } from '../../core/session.js';
import { COMPLETED, selectCompleted } from '../../db/completed.js';
import type { Database } from '../../db/database.js';
import { hasEnded } from '../../db/process-identity.js';
import type { Tables } from '../../db/tables.js';
import { countActiveSymbols } from '../../db/count-active-symbols.js';
import { kyselyOn } from '../../db/kysely-on.js';
import { toJsonb, toStorableText } from '../../db/jsonb.js';
import { RELEASE_LEASE } from '../../db/lease.sql.js';
import { appendToOutbox } from '../../events/outbox.js';
import type { RunTotals } from '../../core/run-totals.js';
import { fencedError } from './fenced-error.js';
import { markOrphans, type OrphanedRun } from './orphans.js';
import { phaseStatusesBefore } from './transitions.js';
import { FIND_RUNNING, TAKE_OVER, type ResumableRun } from './take-over.sql.js';
import type { NewRun, EndedRunStatus } from './run-types.js';

/** With the first attempt three: a run that ends its process each time is not resumed for ever. */
const MAX_TAKEOVERS = 2;

/** A run and the fence of its owner. */
export interface OwnedRun {
  readonly id: string;
  readonly fence: string;
}

/** Stores runs and phase runs in `pipeline` as they happen, each step with its events. Instants are from the caller's clock, in UTC. */
export class RunStore {
  constructor(private readonly database: Database) {}

  /**
   * Ends runs without a living owner, and stores their end events. Call it only while holding the lease of the run: then no running row can
   * have a living owner.
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
      const orphans = await markOrphans(transaction, at, error, MAX_TAKEOVERS);
      for (const run of orphans) await appendToOutbox(transaction.client, run.id, announce(run, error), at);
      return orphans.length;
    });
  }

  async start(run: NewRun, at: Date, events: readonly EventDraft[] = []): Promise<void> {
    await this.database.transaction(async ({ client }) => {
      const db = kyselyOn(client);
      await db
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
            .where('status', 'in', ['failed', 'cancelled', 'interrupted'])
            // One that was refused was none.
            .where((run) =>
              run.or([
                run('status', '<>', 'failed'),
                run.exists(
                  run
                    .selectFrom('pipeline.phase_run')
                    .select('phase')
                    .whereRef('run_id', '=', 'pipeline.run.id')
                    .where('started_at', 'is not', null),
                ),
              ]),
            ),
          lease_owner: run.owner,
          fence: run.fence,
          triggered_by: run.triggeredBy ?? null,
          started_at: at,
          hashes: toJsonb({ config: run.configHash, code: run.codeVersion }),
          request: toJsonb({
            input: run.input,
            recompute: run.recompute,
            approval: run.approval,
            replayFrom: run.replayFrom,
          }),
        }))
        .execute();
      const toPhaseRun = ({ id: phase, ordinal }: NewRun['phases'][number]) =>
        ({ run_id: run.id, phase, ordinal, session: run.session, status: 'pending' }) as const;
      if (run.phases.length > 0) await db.insertInto('pipeline.phase_run').values(run.phases.map(toPhaseRun)).execute();
      await appendToOutbox(client, run.id, events, at);
    });
  }

  /** @throws EOD_FENCED when the run has been taken over: its phases are then marked interrupted */
  async startPhase(run: OwnedRun, phase: string, at: Date, events: readonly EventDraft[] = []): Promise<void> {
    await this.database.transaction(async ({ client }) => {
      await this.assertOwner(client, run);
      const started = await kyselyOn(client)
        .updateTable('pipeline.phase_run')
        .set({ status: 'running', started_at: at })
        .where('run_id', '=', run.id)
        .where('phase', '=', phase)
        .where('status', 'in', phaseStatusesBefore('start'))
        .executeTakeFirst();
      // The answer to an earlier attempt may have been lost.
      if (started.numUpdatedRows === 0n && (await isRunning(client, run, phase))) return;
      if (started.numUpdatedRows === 0n) throw fencedError(run.id);
      await appendToOutbox(client, run.id, events, at);
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
    run: OwnedRun,
    phase: string,
    report: PhaseReport,
    at: Date,
    events: readonly EventDraft[] = [],
  ): Promise<void> {
    await this.assertOwner(transaction, run);
    const { summary, changed, warnings, details } = report;
    const completed = await kyselyOn(transaction)
      .updateTable('pipeline.phase_run')
      .set({
        status: report.held ? 'completed_with_holds' : 'completed',
        finished_at: at,
        counters: toJsonb(report.counters),
        report: toJsonb({ summary, changed, warnings, details }),
        hashes: toJsonb(report.hashes ?? {}),
      })
      .where('run_id', '=', run.id)
      .where('phase', '=', phase)
      .where('status', 'in', phaseStatusesBefore('complete'))
      .executeTakeFirst();
    if (completed.numUpdatedRows === 0n) throw fencedError(run.id);
    await appendToOutbox(transaction, run.id, events, at);
  }

  /** The report of a phase that has completed although its owner did not get the answer to the commit. */
  async findReport(run: OwnedRun, phase: string): Promise<PhaseReport | undefined> {
    const found = await this.database.db
      .selectFrom('pipeline.phase_run')
      .select(['status', 'counters', 'report', 'hashes'])
      .where('run_id', '=', run.id)
      .where('phase', '=', phase)
      .where('status', 'in', COMPLETED)
      .executeTakeFirst();
    if (found === undefined) return undefined;
    const { counters, report, hashes, status } = found as { [Name in keyof typeof found]: never } & { status: string };
    return { ...(report as PhaseReport), counters, hashes, held: status === 'completed_with_holds' };
  }

  /**
   * Locks the row of the run until the end of the transaction: a process that takes the run over waits for its commit.
   * @throws EOD_FENCED when that has happened already
   */
  async assertOwner(transaction: StatementRunner, run: OwnedRun): Promise<void> {
    const found = await selectOwned(kyselyOn(transaction), run).forUpdate().execute();
    if (found.length === 0) throw fencedError(run.id);
  }

  /** Whether the run is still the one that may publish. */
  async isOwner(run: OwnedRun): Promise<boolean> {
    return (await selectOwned(this.database.db, run).execute()).length > 0;
  }

  /** Edges: a phase whose commit succeeded although the answer was lost stays completed, and its end is not reported twice. */
  async failPhase(
    run: OwnedRun,
    phase: string,
    error: PipelineError,
    at: Date,
    events: readonly EventDraft[] = [],
  ): Promise<void> {
    await this.database.transaction(async ({ client }) => {
      await this.assertOwner(client, run);
      const status = error.code === 'EOD_CANCELLED' ? 'cancelled' : 'failed';
      const failed = await kyselyOn(client)
        .updateTable('pipeline.phase_run')
        .set({ status, finished_at: at, error: toJsonb(error) })
        .where('run_id', '=', run.id)
        .where('phase', '=', phase)
        .where('status', 'in', phaseStatusesBefore('fail'))
        .executeTakeFirst();
      if (failed.numUpdatedRows === 1n) await appendToOutbox(client, run.id, events, at);
    });
  }

  /** Stores the end and gives the lease back. Edges: nothing is written for a run that was taken over, because its successor stores its end. */
  async finish(
    run: OwnedRun,
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
        .where('id', '=', run.id)
        .where('fence', '=', run.fence)
        .where('status', '=', 'running')
        .executeTakeFirst();
      if (finished.numUpdatedRows === 0n) return;
      await db
        .updateTable('pipeline.phase_run')
        .set({ status: 'cancelled' })
        .where('run_id', '=', run.id)
        .where('status', 'in', phaseStatusesBefore('end'))
        .execute();
      // With the end, so that a process that dies right after it leaves nothing that others would wait for.
      await RELEASE_LEASE.rows(client, { name: 'run', fence: run.fence });
      await appendToOutbox(client, run.id, events, at);
    });
  }

  /** Active symbols: the total of a run. */
  async countSymbols(): Promise<number> {
    return countActiveSymbols(this.database.db);
  }

  /**
   * How long the owner of the run under way may be silent before another process takes the run over.
   * @returns milliseconds, 0 when that is due now; undefined when no run is under way
   */
  async untilTakeover(): Promise<number | undefined> {
    const found = await FIND_RUNNING.first(this.database.pool, {});
    if (found === undefined) return undefined;
    const { machine, pid, secondsLeft } = found;
    if (secondsLeft === null || (pid !== null && hasEnded({ machine, pid }))) return 0;
    return Math.max(0, secondsLeft * 1000);
  }

  /**
   * Asks the owner of the run under way, in any process, to cancel it. The first request is kept.
   * @param by who asks, for the audit
   * @returns its id; undefined when no run is under way
   */
  async requestCancel(by: string): Promise<string | undefined> {
    const asked = await this.database.db
      .updateTable('pipeline.run')
      .set({
        cancelled_by: (eb) => eb.fn.coalesce('cancelled_by', eb.val(toStorableText(by))),
        cancel_requested_at: (eb) => eb.fn.coalesce('cancel_requested_at', sql<Date>`clock_timestamp()`),
      })
      .where('status', '=', 'running')
      .returning('id')
      .executeTakeFirst();
    return asked?.id;
  }

  /**
   * Takes over a run whose owner died, if it can be resumed: its phase that was under way starts again, with those after it. Call it only
   * with the fence of the run's lease.
   * @returns undefined when no run is under way, or none that this process can resume
   */
  async takeOver(taker: {
    readonly fence: string;
    readonly owner: string;
    readonly configHash: string;
    readonly input: string;
  }): Promise<ResumableRun | undefined> {
    return this.database.transaction(async ({ client }) => {
      // By a statement of its own: the next one sees what an owner that is just ending has committed.
      await kyselyOn(client)
        .selectFrom('pipeline.run')
        .select('id')
        .where('status', '=', 'running')
        .forUpdate()
        .execute();
      return TAKE_OVER.first(client, { ...taker, maxTakeovers: MAX_TAKEOVERS });
    });
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

async function isRunning(runner: StatementRunner, run: OwnedRun, phase: string): Promise<boolean> {
  const found = await kyselyOn(runner)
    .selectFrom('pipeline.phase_run')
    .select('phase')
    .where('run_id', '=', run.id)
    .where('phase', '=', phase)
    .where('status', '=', 'running')
    .execute();
  return found.length > 0;
}

function selectOwned(db: Kysely<Tables>, run: OwnedRun) {
  return db
    .selectFrom('pipeline.run')
    .select('id')
    .where('id', '=', run.id)
    .where('fence', '=', run.fence)
    .where('status', '=', 'running');
}
