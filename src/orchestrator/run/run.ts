import { randomUUID } from 'node:crypto';
import { PipelineError, SOURCE_NOT_READY } from '../../core/errors.js';
import type { EventDraft, Phase, RunFacts } from '../../core/phase.js';
import { toDatabaseError } from '../../db/database-error.js';
import { toTotals } from '../../core/run-totals.js';
import { announceRunEnd, toJob } from './run-events.js';
import { Execution } from './execution.js';
import type { OrphanedRun } from './orphans.js';
import { findOutsideNeeds, planPhases } from './plan.js';
import type { OrchestratorParts, PhaseResult, RunRequest, RunResult, StartedRun } from './run-request.js';
import { acquireLease, LEASE_TIMES, type Lease } from '../../db/lease.js';
import { identifyProcess } from '../../db/process-identity.js';
import { RunStore } from './run-store.js';
import type { NewRun } from './run-types.js';
import type { StoredPhase } from './take-over.sql.js';

/** Connections on which a phase reads at the same time. */
const PHASE_CONNECTIONS = 2;

/** What a search for a run whose process died has found. */
export interface Recovery {
  /** Runs that were ended, because they could not be resumed. */
  readonly ended: number;
  readonly resumed?: StartedRun;
  /** Milliseconds until the owner of the run under way would be taken for dead. */
  readonly nextMs?: number;
}

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
   * Takes the lease of the run, ends runs that died, checks that the phases can run, and starts.
   * @throws EOD_PHASE_UNKNOWN, EOD_PHASE_NEEDS, EOD_RUN_LOCKED, or what a phase refuses beforehand
   */
  async start(request: RunRequest): Promise<StartedRun> {
    const plan = planPhases(this.parts.phases, request.phases);
    const lease = await this.acquireLease();
    void this.parts.database.openAhead(PHASE_CONNECTIONS);
    try {
      await this.endOrphans();
      const run = this.describeRun(plan, request, lease);
      await this.assertRunnable(plan, request).catch(async (error: unknown) => this.refuse(run, error));
      return await this.launch(run, lease, request.signal);
    } catch (error) {
      await lease.release();
      throw toDatabaseError(error);
    }
  }

  /**
   * Takes over the run under way if its owner died: it is resumed, or ended if this process cannot resume it. A run with a living owner is not
   * affected.
   */
  async recover(): Promise<Recovery> {
    const wait = await this.store.untilTakeover();
    if (wait !== 0) return { ended: 0, ...(wait !== undefined && { nextMs: wait }) };
    const lease = await this.acquireLease();
    try {
      const resumed = await this.resume(lease);
      if (resumed) return { ended: 0, resumed };
      const ended = await this.endOrphans();
      await lease.release();
      return { ended };
    } catch (error) {
      await lease.release();
      throw toDatabaseError(error);
    }
  }

  /**
   * Cancels the run under way, in any process: its owner stops within two seconds. One whose owner died is ended at once.
   * @returns its id; undefined when no run is under way
   */
  async cancel(by: string): Promise<string | undefined> {
    const runId = await this.store.requestCancel(by);
    // If its owner lives, or another process ends the run at the same moment, there is nothing left to do here.
    if (runId !== undefined) await this.recover().catch(ignoreLocked);
    return runId;
  }

  private acquireLease(): Promise<Lease> {
    return acquireLease(this.parts.database, 'run', this.parts.lease ?? LEASE_TIMES);
  }

  /** Undefined when the run under way has ended, or another configuration or other phases would be needed. */
  private async resume(lease: Lease): Promise<StartedRun | undefined> {
    const { configHash, phases, input = '' } = this.parts;
    const { owner } = identifyProcess();
    const taken = await this.store.takeOver({ fence: lease.fence, owner, configHash, input });
    if (taken === undefined || taken.phases.some((id) => !phases.some((phase) => phase.id === id))) return undefined;
    const plan = planPhases(phases, taken.phases);
    const { request, startedMs, completed } = taken;
    const run: NewRun = {
      ...request,
      id: taken.id,
      phases: plan,
      session: taken.session,
      trigger: taken.trigger,
      triggeredBy: taken.triggeredBy ?? undefined,
      mode: taken.mode,
      force: taken.force,
      owner,
      fence: lease.fence,
      configHash,
      codeVersion: this.parts.codeVersion,
    };
    const results = completed.map((phase) => toPhaseResult(plan, phase));
    return this.launch(run, lease, undefined, { startedAt: startedMs, completed: results });
  }

  private async launch(
    run: NewRun,
    lease: Lease,
    cancelSignal?: AbortSignal,
    resumed?: { readonly startedAt: number; readonly completed: readonly PhaseResult[] },
  ): Promise<StartedRun> {
    const canceller = new AbortController();
    const signal = AbortSignal.any([canceller.signal, lease.signal, ...(cancelSignal ? [cancelSignal] : [])]);
    const execution = new Execution(this.parts, this.store, run, signal, resumed);
    await execution.begin();
    const finished = finishRun(execution, lease);
    // A caller that awaits the promise gets the rejection; otherwise it must not end the process as an unhandled one.
    finished.catch(() => undefined);
    const { id: runId, session, trigger, mode } = run;
    return {
      runId,
      session,
      phases: run.phases.map(({ id }) => id),
      trigger,
      mode,
      startedAt: new Date(execution.startedAt),
      symbols: () => execution.symbols,
      finished,
      cancel: (reason: PipelineError): void => canceller.abort(reason),
    };
  }

  private async endOrphans(): Promise<number> {
    const symbols = await this.store.countSymbols();
    const at = this.now();
    const announce = (run: OrphanedRun, error: PipelineError) => this.announceOrphan(run, error, symbols, at);
    const ended = await this.store.markInterrupted(at, announce);
    if (ended > 0) this.parts.sink?.wake();
    return ended;
  }

  private announceOrphan(run: OrphanedRun, death: PipelineError, symbols: number, at: Date): EventDraft[] {
    const error = run.status === 'cancelled' ? new PipelineError('EOD_CANCELLED', 'the run was cancelled') : death;
    const facts: RunFacts = { runId: run.id, session: run.session, mode: run.mode, force: run.force, symbols };
    // As for a failure in the run itself: the end event is that of the next phase, even if it had not started, because the phase may have
    // been requested.
    const [next] = run.phases;
    const phase = this.parts.phases.find(({ id }) => id === next?.id);
    const phaseMs = next?.startedAt ? at.getTime() - Date.parse(next.startedAt) : 0;
    const ended = phase?.events?.ended(facts, { durationMs: phaseMs, error }) ?? [];
    const durationMs = at.getTime() - run.startedAt.getTime();
    const jobs = this.parts.phases.filter(({ id }) => run.planned.includes(id)).map(toJob);
    const { id: runId, session, status, totals } = run;
    return [...ended, ...announceRunEnd({ runId, session, jobs, status, totals, durationMs, error })];
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

  /**
   * Records a run that its source refuses: the request may be that of a timer that is not watched. The schedule keeps what it waits for in its slot, a
   * backfill goes over what it leaves out at its end, and any other refusal is a mistake of the request.
   * @throws the refusal
   */
  private async refuse(run: NewRun, error: unknown): Promise<never> {
    if (isSourceRefusal(error) && (run.trigger === 'manual' || run.trigger === 'api')) {
      const at = this.now();
      await this.store.start(run, at);
      await this.store.finish(run, 'failed', at, { counters: {}, totals: toTotals([]), error });
    }
    throw error;
  }

  private describeRun(phases: readonly Phase[], request: RunRequest, { fence }: Lease): NewRun {
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
      owner: identifyProcess().owner,
      fence,
      configHash: this.parts.configHash,
      input: this.parts.input ?? '',
      codeVersion: this.parts.codeVersion,
    };
  }

  private now(): Date {
    return new Date(this.parts.clock.now());
  }
}

function isSourceRefusal(error: unknown): error is PipelineError {
  return error instanceof PipelineError && SOURCE_NOT_READY.includes(error.code);
}

async function finishRun(execution: Execution, lease: Lease): Promise<RunResult> {
  try {
    return await execution.finish();
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    await lease.release();
  }
}

function toPhaseResult(plan: readonly Phase[], phase: StoredPhase): PhaseResult {
  const { id, status, durationMs, ...report } = phase;
  const title = plan.find((each) => each.id === id)?.title ?? id;
  return { id, title, status, durationMs, report: { ...report, held: status === 'completed_with_holds' } };
}

function ignoreLocked(error: unknown): void {
  if (!(error instanceof PipelineError && error.code === 'EOD_RUN_LOCKED')) throw error;
}
