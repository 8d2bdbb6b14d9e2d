import type { Clock } from '../../core/clock.js';
import type { EventDraft, Phase, RunFacts } from '../../core/phase.js';
import type { ProgressTracker } from '../../progress/tracker.js';
import { announceProgress, toPosition } from './run-events.js';

/** At most four times a second per phase: fast enough for people, and a negligible load for Redis. */
const INTERVAL_MS = 250;

/** Sends live events, and wakes the relay after commits. */
export interface EventSink {
  /** Called after a commit to the outbox. */
  wake(): void;
  /** Best effort: delivered to current subscribers only. */
  publishLive(drafts: readonly EventDraft[]): void;
}

export interface ProgressBridge {
  /** Call it before the last events of a phase are stored: progress published later would follow events of the end. */
  endPhase(phaseId: string): void;
  stop(): void;
}

/**
 * Publishes live progress of a run, from the reports of its phases to the tracker.
 *
 * Edges: the first and the last progress of a phase are not published here: they are stored together with the status of the phase, so that
 *        they are never lost and always in order. Publishing stops with `endPhase`, not with the tracker's end of the phase, which is after
 *        the commit.
 * @param facts read again for each event, because an import changes the number of symbols
 */
export function bridgeProgress(
  tracker: ProgressTracker,
  phases: readonly Phase[],
  facts: () => RunFacts,
  clock: Clock,
  sink: EventSink,
): ProgressBridge {
  let timer: NodeJS.Timeout | undefined;
  let lastAtMs = 0;
  const ended = new Set<string>();
  const stopTimer = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  const tell = (phaseId: string): void => {
    timer = undefined;
    lastAtMs = performance.now();
    const progress = tracker.snapshot();
    const phase = phases.find((each) => each.id === phaseId);
    const state = progress?.phases.find((each) => each.id === phaseId);
    if (phase === undefined || state?.status !== 'running') return;
    const at = new Date(clock.now());
    sink.publishLive(announceProgress(phase, facts(), toPosition(state, at), progress, at));
  };
  const unsubscribe = tracker.subscribe((event) => {
    if (event.runId !== facts().runId) return;
    if (event.type === 'phase-started') lastAtMs = performance.now();
    if (event.type !== 'task-advanced' && event.type !== 'task-finished') return;
    const { phaseId } = event;
    if (ended.has(phaseId)) return;
    timer ??= setTimeout(() => tell(phaseId), Math.max(0, lastAtMs + INTERVAL_MS - performance.now())).unref();
  });
  return {
    endPhase: (phaseId) => {
      ended.add(phaseId);
      stopTimer();
    },
    stop: () => {
      stopTimer();
      unsubscribe();
    },
  };
}
