import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import { systemClock, type Clock } from '../../src/core/clock.js';
import type { HoldApproval, Phase, PhaseContext, PhaseReport } from '../../src/core/phase.js';
import type { RunMode } from '../../src/core/run-mode.js';
import type { SessionDate } from '../../src/core/session.js';
import type { Database } from '../../src/db/database.js';
import { toTotals } from '../../src/core/run-totals.js';
import { RunStore } from '../../src/orchestrator/run/run-store.js';
import { nextFence } from './next-fence.js';
import { ProgressTracker } from '../../src/progress/tracker.js';

export interface PhaseRunOptions {
  readonly session: SessionDate;
  /** Default `full`. */
  readonly mode?: RunMode;
  readonly force?: boolean;
  readonly recompute?: boolean;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly replayFrom?: SessionDate;
  readonly approval?: HoldApproval;
  /** Of the run's limiter; default 4. */
  readonly slots?: number;
}

/** Runs one phase by itself, in a stored run of its own, as the orchestrator would. */
export async function runPhase(phase: Phase, database: Database, options: PhaseRunOptions): Promise<PhaseReport> {
  const clock = options.clock ?? systemClock;
  const store = new RunStore(database);
  const tracker = new ProgressTracker(clock);
  const now = (): Date => new Date(clock.now());
  const id = randomUUID();
  await store.markInterrupted(now());
  const fence = await nextFence(database);
  await store.start(
    {
      id,
      fence,
      session: options.session,
      trigger: 'manual',
      mode: options.mode ?? 'full',
      force: options.force ?? false,
      recompute: options.recompute ?? false,
      owner: 'test',
      phases: [phase],
      configHash: 'test',
      codeVersion: 'test',
      input: '',
    },
    now(),
  );
  tracker.startRun({ runId: id, session: options.session, phases: [phase] });
  const context: PhaseContext = {
    runId: id,
    session: options.session,
    mode: options.mode ?? 'full',
    force: options.force ?? false,
    recompute: options.recompute ?? false,
    signal: options.signal ?? new AbortController().signal,
    limit: pLimit(options.slots ?? 4),
    progress: tracker.startPhase(phase.id),
    clock,
    replayFrom: options.replayFrom,
    approval: options.approval,
    assertOwner: (transaction) => store.assertOwner(transaction, { id, fence }),
    completeIn: (transaction, report) => store.completePhase(transaction, { id, fence }, phase.id, report, now()),
  };
  const report = await phase.run(context);
  await store.finish({ id, fence }, 'completed', now(), { counters: report.counters, totals: toTotals([report]) });
  return report;
}
