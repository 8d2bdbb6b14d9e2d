import { EventEmitter } from 'eventemitter3';
import type { Clock } from '../core/clock.js';
import type { PhaseProgress, TaskProgress } from '../core/phase.js';
import type { FinishedPhaseStatus, FinishedProgressStatus, ProgressEvent, RunStart } from './events.js';
import { reduceProgress } from './model.js';
import type { RunProgress } from './model.js';

/** May be asynchronous: a rejection is reported like a throw, and the run does not wait for it. */
export type ProgressSubscriber = (event: ProgressEvent, snapshot: RunProgress) => void | Promise<void>;

interface TrackerEvents {
  event: [event: ProgressEvent, snapshot: RunProgress];
  'subscriber-error': [error: unknown, event: ProgressEvent];
}

/** A distributive Omit: each kind of event without the fields that the tracker adds. */
type Unstamped<Event> = Event extends unknown ? Omit<Event, 'atMs'> : never;

/**
 * Distributes the progress of phases to its subscribers: a terminal, HTTP, Redis. Consecutive runs share one tracker.
 *
 * A subscriber that throws breaks neither the run nor the other subscribers; it is reported to `onSubscriberError`.
 */
export class ProgressTracker {
  readonly #clock: Clock;
  readonly #emitter = new EventEmitter<TrackerEvents>();
  #state: RunProgress | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Subscribes to every change; returns the unsubscribe function. */
  subscribe(subscriber: ProgressSubscriber): () => void {
    const guarded = (event: ProgressEvent, snapshot: RunProgress): void => {
      const report = (error: unknown): void => this.#reportError(error, event);
      try {
        void Promise.resolve(subscriber(event, snapshot)).catch(report);
      } catch (error) {
        report(error);
      }
    };
    this.#emitter.on('event', guarded);
    return () => void this.#emitter.off('event', guarded);
  }

  onSubscriberError(listener: (error: unknown, event: ProgressEvent) => void): () => void {
    this.#emitter.on('subscriber-error', listener);
    return () => void this.#emitter.off('subscriber-error', listener);
  }

  /** State of the current run, or of the last one; null before the first. */
  snapshot(): RunProgress | null {
    return this.#state;
  }

  /** The same run id again is a resume: finished work stays finished. */
  startRun(run: RunStart): void {
    this.#apply({ type: 'run-started', ...run });
  }

  /** The handle a phase reports to. Reports after the end of the phase or the run are dropped. */
  startPhase(phaseId: string): PhaseProgress {
    const runId = this.#runId();
    this.#apply({ type: 'phase-started', runId, phaseId });
    return {
      startTask: (taskId, title, total, weight): TaskProgress => {
        this.#apply({ type: 'task-started', runId, phaseId, taskId, title, total, ...(weight && { weight }) });
        return {
          advance: (units, current) =>
            this.#apply({ type: 'task-advanced', runId, phaseId, taskId, units, ...(current && { current }) }),
          finish: () => this.#apply({ type: 'task-finished', runId, phaseId, taskId }),
        };
      },
    };
  }

  finishPhase(phaseId: string, status: FinishedPhaseStatus, summary?: string): void {
    this.#apply({ type: 'phase-finished', runId: this.#runId(), phaseId, status, ...(summary && { summary }) });
  }

  finishRun(status: FinishedProgressStatus): void {
    this.#apply({ type: 'run-finished', runId: this.#runId(), status });
  }

  #runId(): string {
    return this.#state?.runId ?? '';
  }

  #apply(unstamped: Unstamped<ProgressEvent>): void {
    const event: ProgressEvent = { ...unstamped, atMs: this.#clock.now() };
    const state = reduceProgress(this.#state, event);
    if (state === null || state === this.#state) return;
    this.#state = state;
    this.#emitter.emit('event', event, state);
  }

  #reportError(error: unknown, event: ProgressEvent): void {
    try {
      this.#emitter.emit('subscriber-error', error, event);
    } catch {
      // The error listener failed as well; the run must continue.
    }
  }
}
