import { asPipelineError } from '../db/database-error.js';
import { readHealth, readMetrics, type Health, type MetricFacts } from '../history/history.js';
import type { PipelineParts } from './pipeline-parts.js';

/** Interval of the search for runs whose process died. */
const RECOVERY_MS = 10_000;

/** Background work of a long-running process: `pipeline.service`. */
export class PipelineService {
  private recovery: NodeJS.Timeout | undefined;
  private wasStarted = false;

  constructor(private readonly parts: PipelineParts) {}

  /**
   * Starts the scheduled runs, the delivery of events, and the recovery of runs whose process died; `stop` or `pipeline.close` ends them.
   * Its timers are unref'd: they do not keep the process alive.
   */
  start(): void {
    this.wasStarted = true;
    const { relay, scheduler, orchestrator, logger } = this.parts;
    relay?.start();
    scheduler.start();
    const recover = (): void =>
      void orchestrator
        .recover()
        .then((marked) => marked > 0 && logger.warn({ marked }, 'runs whose process died were marked interrupted'))
        // Another process has just started a run and marks them itself, or the database is unreachable: the next attempt finds them.
        .catch(() => undefined);
    recover();
    this.recovery ??= setInterval(recover, RECOVERY_MS).unref();
  }

  /** Stops starting runs; a run under way continues. */
  async stop(): Promise<void> {
    clearInterval(this.recovery);
    this.recovery = undefined;
    await this.parts.scheduler.stop();
  }

  /** Answers within a second, also when the database does not. */
  async health(): Promise<Health> {
    return readHealth(this.parts.database, this.parts.relay);
  }

  async metrics(): Promise<MetricFacts> {
    return asPipelineError(readMetrics(this.parts.database, new Date(this.parts.clock.now())));
  }

  /** Records how a scheduled run ended, if the service was started. If that fails, the next service records it. */
  async settle(): Promise<void> {
    if (this.wasStarted) await this.parts.scheduler.settle().catch(() => undefined);
  }
}
