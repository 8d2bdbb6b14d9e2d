import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Clock } from '../core/clock.js';
import { PipelineError } from '../core/errors.js';
import type { Limiter, Phase, PhaseContext, PhaseReport, RunMode } from '../core/phase.js';
import type { SessionDate } from '../core/session.js';
import { toDatabaseError } from '../db/database-error.js';
import type { Database } from '../db/database.js';
import type { ProgressTracker } from '../progress/tracker.js';
import { findOutsideNeeds, planPhases } from './plan.js';
import { acquireRunLock } from './run-lock.js';
import { fencedError, RunStore, type RunStatus, type RunTrigger } from './run-store.js';

export interface RunRequest {
  readonly session: SessionDate;
  /** Phase ids; none means all. */
  readonly phases?: readonly string[];
  readonly trigger?: RunTrigger;
  readonly mode?: RunMode;
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

export interface PhaseResult {
  readonly id: string;
  readonly title: string;
  readonly status: RunStatus;
  readonly durationMs: number;
  readonly report?: PhaseReport;
  readonly error?: PipelineError;
}

/** What a run did. A failed or cancelled run has `error`; the phases before it stand. */
export interface RunResult {
  readonly runId: string;
  readonly session: SessionDate;
  readonly status: RunStatus;
  readonly durationMs: number;
  readonly phases: readonly PhaseResult[];
  readonly error?: PipelineError;
}

interface OwnedRun {
  readonly id: string;
  fence: string;
  readonly limit: Limiter;
}

export interface OrchestratorParts {
  readonly phases: readonly Phase[];
  readonly database: Database;
  readonly tracker: ProgressTracker;
  readonly clock: Clock;
  readonly concurrency: number;
  readonly configHash: string;
  readonly codeVersion: string;
}

/** A lost connection says nothing about the next one, and the end of a run whose data stands is worth a second try. */
const RETRY_MS = 100;

/** Runs phases in order for one session; at most one run at a time a database. */
export class Orchestrator {
  readonly store: RunStore;

  constructor(private readonly parts: OrchestratorParts) {
    this.store = new RunStore(parts.database);
  }

  /** @throws EOD_PHASE_UNKNOWN, EOD_PHASE_NEEDS, EOD_RUN_LOCKED, or what a phase refuses beforehand; later failures are in the result */
  async run(request: RunRequest): Promise<RunResult> {
    const plan = planPhases(this.parts.phases, request.phases);
    const lock = await acquireRunLock(this.parts.database);
    try {
      await this.store.markInterrupted(this.now());
      await this.assertRunnable(plan, request.session);
      return await this.execute(plan, request);
    } catch (error) {
      throw toDatabaseError(error);
    } finally {
      await lock.release();
    }
  }

  /** The run itself: each phase in turn, the first failure ends it, every step is stored as it happens. */
  private async execute(plan: readonly Phase[], request: RunRequest): Promise<RunResult> {
    const { tracker, clock } = this.parts;
    const run: OwnedRun = { id: randomUUID(), fence: '', limit: pLimit(this.parts.concurrency) };
    const startedAt = clock.now();
    run.fence = await this.store.start(this.describeRun(run.id, plan, request), this.now());
    tracker.startRun({ runId: run.id, session: request.session, phases: plan });
    const results: PhaseResult[] = [];
    for (const phase of plan) {
      const result = await this.runPhase(phase, run, request);
      results.push(result);
      if (result.error) break;
    }
    const error = results.at(-1)?.error;
    const status = overallStatus(results);
    const finish = () => this.store.finish(run.id, status, this.now(), sumCounters(results), error);
    await finish()
      .catch(() => delay(RETRY_MS).then(finish))
      .catch(keepFirst(error));
    tracker.finishRun(status === 'completed_with_holds' ? 'completed' : status);
    const durationMs = clock.now() - startedAt;
    return { runId: run.id, session: request.session, status, durationMs, phases: results, ...(error && { error }) };
  }

  private async runPhase(phase: Phase, run: OwnedRun, request: RunRequest): Promise<PhaseResult> {
    const { tracker, clock } = this.parts;
    const startedAt = clock.now();
    const ended = { id: phase.id, title: phase.title };
    try {
      let isCompleted = false;
      const context = this.createContext(phase, run, request, () => (isCompleted = true));
      context.signal.throwIfAborted();
      await this.store.startPhase(run.id, phase.id, this.now());
      const report = await phase.run(context);
      if (!isCompleted) throw new Error(`phase ${phase.id} ended without calling completeIn`);
      const status = report.held ? 'completed_with_holds' : 'completed';
      tracker.finishPhase(phase.id, 'completed', report.summary);
      return { ...ended, status, durationMs: clock.now() - startedAt, report };
    } catch (thrown) {
      const error = request.signal?.aborted ? cancelledError(thrown) : await this.toPhaseError(thrown, run);
      const status = error.code === 'EOD_CANCELLED' ? 'cancelled' : 'failed';
      await this.store.failPhase(run.id, phase.id, error, this.now()).catch(keepFirst(error));
      tracker.finishPhase(phase.id, status, error.message);
      return { ...ended, status, durationMs: clock.now() - startedAt, error };
    }
  }

  /** A run that was taken over may stumble over its successor's rows before it comes to the fence: that is not its error to report. */
  private async toPhaseError(thrown: unknown, run: OwnedRun): Promise<PipelineError> {
    const error = toDatabaseError(thrown);
    const isOwner = await this.store.isOwner(run).catch(() => true);
    return isOwner || error.code === 'EOD_FENCED' ? error : fencedError(run.id, error);
  }

  private createContext(phase: Phase, run: OwnedRun, request: RunRequest, onCompleted: () => void): PhaseContext {
    return {
      runId: run.id,
      session: request.session,
      mode: request.mode ?? 'full',
      force: request.force ?? false,
      signal: request.signal ?? new AbortController().signal,
      limit: run.limit,
      progress: this.parts.tracker.startPhase(phase.id),
      clock: this.parts.clock,
      completeIn: async (transaction, report) => {
        await this.store.completePhase(transaction, run, phase.id, report, this.now());
        onCompleted();
      },
    };
  }

  private async assertRunnable(plan: readonly Phase[], session: SessionDate): Promise<void> {
    for (const [need, phase] of findOutsideNeeds(plan)) {
      if (await this.store.hasCompleted(need, session)) continue;
      throw new PipelineError('EOD_PHASE_NEEDS', `${phase} needs ${need}, which has not completed for ${session}`, {
        hint: `run \`tickstock run --session ${session} --phase ${need} ${phase}\``,
      });
    }
    for (const phase of plan) await phase.assertRunnable?.(session);
  }

  private describeRun(id: string, phases: readonly Phase[], request: RunRequest) {
    return {
      id,
      phases,
      session: request.session,
      trigger: request.trigger ?? 'manual',
      mode: request.mode ?? 'full',
      force: request.force ?? false,
      owner: `${hostname()}:${process.pid}`,
      configHash: this.parts.configHash,
      codeVersion: this.parts.codeVersion,
    } as const;
  }

  private now(): Date {
    return new Date(this.parts.clock.now());
  }
}

function overallStatus(results: readonly PhaseResult[]): RunStatus {
  const last = results.at(-1);
  if (last?.error) return last.status;
  return results.some((result) => result.status === 'completed_with_holds') ? 'completed_with_holds' : 'completed';
}

function sumCounters(results: readonly PhaseResult[]): Record<string, number> {
  const entries = results.flatMap(({ id, report }) =>
    Object.entries(report?.counters ?? {}).map(([name, value]) => [`${id}.${name}`, value] as const),
  );
  return Object.fromEntries(entries);
}

function cancelledError(cause: unknown): PipelineError {
  if (cause instanceof PipelineError && cause.code === 'EOD_CANCELLED') return cause;
  return new PipelineError('EOD_CANCELLED', 'the run was cancelled', { cause });
}

/** A database that went away cannot record that it did: the phase's own error is what the user must see, the next run marks the row. */
function keepFirst(first: PipelineError | undefined): (later: unknown) => void {
  return (later) => {
    if (first === undefined) throw later;
  };
}
