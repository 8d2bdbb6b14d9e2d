import { setTimeout as delay } from 'node:timers/promises';
import { asPipelineError } from '../db/database-error.js';
import { readHealth, readMetrics, type Health, type MetricFacts } from '../history/history.js';
import type { PipelineParts } from './pipeline-parts.js';
import type { Recovery } from './run/run.js';
import type { Freshness } from './schedule/sessions.js';

/** Interval of the search for runs whose process died: shorter than their lease, so that none begins and expires unseen. */
const RECOVERY_MS = 5000;
/** Shortest interval, when the lease of a run is about to expire. */
const MIN_RECOVERY_MS = 100;

/** Background work of a long-running process: `pipeline.service`. */
export class PipelineService {
  private recovery: { readonly canceller: AbortController; readonly ended: Promise<void> } | undefined;
  private wasStarted = false;

  /** @param recover takes over a run whose process died */
  constructor(
    private readonly parts: PipelineParts,
    private readonly recover: () => Promise<Recovery>,
    private readonly freshness: () => Promise<Freshness>,
  ) {}

  /**
   * Starts the scheduled runs, the delivery of events and notifications, answers to load jobs, and the recovery of runs whose process died; `stop` or `pipeline.close` ends them.
   * Its timers are unref'd: they do not keep the process alive.
   */
  start(): void {
    this.wasStarted = true;
    const { relay, loadJobs, scheduler, notifier } = this.parts;
    relay?.start();
    loadJobs?.start();
    notifier.start();
    scheduler.start();
    if (this.recovery) return;
    const canceller = new AbortController();
    this.recovery = { canceller, ended: this.watchRuns(canceller.signal) };
  }

  /** Stops starting runs; a run under way continues. */
  async stop(): Promise<void> {
    this.recovery?.canceller.abort();
    await this.recovery?.ended;
    this.recovery = undefined;
    await Promise.all([this.parts.loadJobs?.stop(), this.parts.scheduler.stop()]);
  }

  /** Answers within a second, also when the database does not. */
  async health(): Promise<Health> {
    return readHealth(this.parts.database, this.parts.relay);
  }

  async metrics(): Promise<MetricFacts & Freshness> {
    const facts = await asPipelineError(readMetrics(this.parts.database, new Date(this.parts.clock.now())));
    return { ...facts, ...(await this.freshness()) };
  }

  /** Records how a scheduled run ended, if the service was started. If that fails, the next service records it. */
  async settle(): Promise<void> {
    if (this.wasStarted) await this.parts.scheduler.settle().catch(() => undefined);
  }

  private async watchRuns(signal: AbortSignal): Promise<void> {
    const { logger, lease } = this.parts;
    const longest = Math.min(RECOVERY_MS, lease.expiryMs / 2);
    while (!signal.aborted) {
      // Another process takes over at the same moment, or the database is unreachable: the next attempt finds the run.
      const { ended, resumed, nextMs = longest }: Recovery = await this.recover().catch(() => ({ ended: 0 }));
      if (ended > 0) logger.warn({ ended }, 'runs whose process died were ended');
      if (resumed) {
        const { runId: run_id, session } = resumed;
        logger.warn({ run_id, session }, `run ${run_id} for ${session} was taken over from a process that died`);
      }
      const pause = Math.min(longest, Math.max(MIN_RECOVERY_MS, nextMs));
      await delay(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
