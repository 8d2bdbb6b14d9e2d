import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { PipelineError } from '../../core/errors.js';
import type { EventDraft, Phase, RunFacts } from '../../core/phase.js';
import { toDatabaseError } from '../../db/database-error.js';
import { announceRunEnd } from './run-events.js';
import { Execution } from './execution.js';
import type { OrphanedRun } from './orphans.js';
import { findOutsideNeeds, planPhases } from './plan.js';
import type { OrchestratorParts, RunRequest, RunResult, StartedRun } from './run-request.js';
import { acquireRunLock } from '../../db/run-lock.js';
import { RunStore } from './run-store.js';
import type { NewRun } from './run-types.js';

/** Connections on which a phase reads at the same time. */
const PHASE_CONNECTIONS = 2;

/** Runs phases in order for one session; at most one run at a time per database. */
export class Orchestrator {
  readonly store: RunStore;

  constructor(private readonly parts: OrchestratorParts) {
    this.store = new RunStore(parts.database);
  }

  /** Starts a run and waits for its end. @throws as `start`; later failures are in the result */
  async run(request: RunRequest): Promise<RunResult> {
    return (await this.start(request)).finished;
  }

  /**
   * Takes the run lock, marks runs that died, checks that the phases can run, and starts.
   * @throws EOD_PHASE_UNKNOWN, EOD_PHASE_NEEDS, EOD_RUN_LOCKED, or what a phase refuses beforehand
   */
  async start(request: RunRequest): Promise<StartedRun> {
    const plan = planPhases(this.parts.phases, request.phases);
    const lock = await acquireRunLock(this.parts.database);
    void this.parts.database.openAhead(PHASE_CONNECTIONS);
    try {
      await this.markInterrupted();
      await this.assertRunnable(plan, request);
      const run = this.describeRun(plan, request);
      const canceller = new AbortController();
      const signal = AbortSignal.any([canceller.signal, ...(request.signal ? [request.signal] : [])]);
      const execution = new Execution(this.parts, this.store, run, signal);
      await execution.begin();
      const finished = finishRun(execution, lock);
      // A caller that awaits the promise gets the rejection; otherwise it must not end the process as an unhandled one.
      finished.catch(() => undefined);
      const cancel = (reason: PipelineError): void => canceller.abort(reason);
      const { id: runId, session, trigger, mode } = run;
      return {
        runId,
        session,
        phases: plan.map(({ id }) => id),
        trigger,
        mode,
        startedAt: new Date(execution.startedAt),
        symbols: () => execution.symbols,
        finished,
        cancel,
      };
    } catch (error) {
      await lock.release();
      throw toDatabaseError(error);
    }
  }

  /**
   * Marks runs whose process died as interrupted and stores their end events. A current run, of any process, is not affected.
   * @returns the number of runs
   */
  async recover(): Promise<number> {
    // The lock is taken only when there is something to mark: while it is held, a run that starts would fail.
    if (!(await this.store.hasOrphans())) return 0;
    const lock = await acquireRunLock(this.parts.database);
    try {
      return await this.markInterrupted();
    } finally {
      await lock.release();
    }
  }

  private async markInterrupted(): Promise<number> {
    const symbols = await this.store.countSymbols();
    const at = this.now();
    const marked = await this.store.markInterrupted(at, (run, error) => this.announceOrphan(run, error, symbols, at));
    if (marked > 0) this.parts.sink?.wake();
    return marked;
  }

  private announceOrphan(run: OrphanedRun, error: PipelineError, symbols: number, at: Date): EventDraft[] {
    const facts: RunFacts = { runId: run.id, session: run.session, mode: run.mode, force: run.force, symbols };
    // As for a failure in the run itself: the end event is that of the next phase, even if it had not started, because the phase may have
    // been requested.
    const [next] = run.phases;
    const phase = this.parts.phases.find(({ id }) => id === next?.id);
    const phaseMs = next?.startedAt ? at.getTime() - Date.parse(next.startedAt) : 0;
    const ended = phase?.events?.ended(facts, { durationMs: phaseMs, error }) ?? [];
    const durationMs = at.getTime() - run.startedAt.getTime();
    return [...ended, ...announceRunEnd(run.id, run.status, run.totals, durationMs, error)];
  }

  /**
   * Refuses what a run of these phases would refuse before it starts.
   * @throws EOD_PHASE_NEEDS, or what a phase refuses beforehand
   */
  async assertRunnable(
    plan: readonly Phase[],
    { session, mode = 'full' }: Pick<RunRequest, 'session' | 'mode'>,
  ): Promise<void> {
    for (const [need, phase] of findOutsideNeeds(plan)) {
      if (await this.store.hasCompleted(need, session)) continue;
      throw new PipelineError('EOD_PHASE_NEEDS', `${phase} needs ${need}, which has not completed for ${session}`, {
        hint: `run \`tickstock run --session ${session} --phase ${need} ${phase}\``,
      });
    }
    for (const phase of plan) await phase.assertRunnable?.(session, mode);
  }

  private describeRun(phases: readonly Phase[], request: RunRequest): NewRun {
    return {
      id: randomUUID(),
      phases,
      session: request.session,
      trigger: request.trigger ?? 'manual',
      triggeredBy: request.triggeredBy,
      mode: request.mode ?? 'full',
      force: request.force ?? false,
      recompute: request.recompute ?? false,
      approval: request.approval,
      replayFrom: request.replayFrom,
      owner: `${hostname()}:${process.pid}`,
      configHash: this.parts.configHash,
      codeVersion: this.parts.codeVersion,
    };
  }

  private now(): Date {
    return new Date(this.parts.clock.now());
  }
}

async function finishRun(execution: Execution, lock: { release(): Promise<void> }): Promise<RunResult> {
  try {
    return await execution.finish();
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    await lock.release();
  }
}
