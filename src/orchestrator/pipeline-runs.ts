import { PipelineError } from '../core/errors.js';
import { asPipelineError } from '../db/database-error.js';
import { chooseSession } from './choose-session.js';
import type { PipelineParts } from './pipeline-parts.js';
import { planPhases, withDownstream } from './run/plan.js';
import type { RunRequest, StartedRun } from './run/run-request.js';
import type { Recovery } from './run/run.js';
import { describeRunning, type RunningRun } from './run/running-run.js';

/** The runs of this process: at most one at a time. */
export class PipelineRuns {
  private started: StartedRun | null = null;
  private readonly starting = new Set<Promise<unknown>>();
  private isClosing = false;

  constructor(private readonly parts: PipelineParts) {}

  async start(request: Partial<RunRequest>): Promise<StartedRun> {
    const starting = this.begin(request);
    this.starting.add(starting);
    try {
      return await starting;
    } catch (error) {
      this.parts.notifier.wakeFor(error);
      throw error;
    } finally {
      this.starting.delete(starting);
    }
  }

  /** Takes over the run under way if its process died, unless this process has one or ends. */
  async recover(): Promise<Recovery> {
    if (this.started !== null || this.starting.size > 0 || this.isClosing) return { ended: 0 };
    const recovering = this.parts.orchestrator.recover();
    this.starting.add(recovering);
    try {
      const recovery = await recovering;
      if (recovery.resumed) this.follow(recovery.resumed);
      return recovery;
    } finally {
      this.starting.delete(recovering);
    }
  }

  current(): RunningRun | null {
    return describeRunning(this.started, this.parts.tracker.snapshot(), this.parts.phases);
  }

  async cancel(by: string): Promise<string> {
    if (this.started) {
      this.started.cancel(new PipelineError('EOD_CANCELLED', `the run was cancelled by ${by}`));
      return this.started.runId;
    }
    const runId = await asPipelineError(this.parts.orchestrator.cancel(by));
    if (runId === undefined) throw new PipelineError('EOD_NOT_RUNNING', 'no run is under way');
    return runId;
  }

  /** Refuses new runs from now on. */
  stopAccepting(): void {
    this.isClosing = true;
  }

  /** Cancels the run under way and waits for its end. */
  async close(): Promise<void> {
    // A run that is still starting would otherwise continue on a closed database and never be recorded as ended.
    await Promise.allSettled(this.starting);
    this.started?.cancel(
      // The abort reason distinguishes a shutdown from a cancel: the scheduler reruns the slot after a shutdown.
      new PipelineError('EOD_CANCELLED', 'the run was cancelled: the pipeline closes', {
        context: { reason: 'stopping' },
      }),
    );
    await this.started?.finished.catch(() => undefined);
  }

  private async begin(request: Partial<RunRequest>): Promise<StartedRun> {
    const { phases, relay, orchestrator } = this.parts;
    // First, because the default session depends on the phases.
    planPhases(phases, request.phases);
    const wanted = request.downstream ? withDownstream(phases, request.phases ?? []) : request.phases;
    if (this.isClosing) throw new PipelineError('EOD_STOPPING', 'the service is stopping and starts no more runs');
    // Not earlier: a command that only reads has no events to deliver.
    relay?.start();
    await asPipelineError(this.parts.refresh());
    const session = await chooseSession(this.parts, wanted, request.session);
    return this.follow(await orchestrator.start({ ...request, ...(wanted && { phases: wanted }), session }));
  }

  private follow(started: StartedRun): StartedRun {
    const { logger, notifier } = this.parts;
    this.started = started;
    void started.finished
      .catch((error: unknown) =>
        logger.error({ run_id: started.runId, err: error }, 'the end of the run was not recorded'),
      )
      .finally(() => {
        this.started = this.started === started ? null : this.started;
        notifier.wake();
      });
    return started;
  }
}
