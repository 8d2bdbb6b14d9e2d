import type { SessionDate } from '../core/session.js';
import type { FinishedPhaseStatus, ProgressEvent, ProgressEventOf, ProgressStatus } from './events.js';
import { estimateRemainingMs } from './eta.js';

export interface TaskProgressState {
  readonly id: string;
  readonly title: string;
  /** In units of the task; at least 1. */
  readonly total: number;
  /** Units finished, 0 to `total`; after a resume never less than before it. */
  readonly done: number;
  /** Units counted since the task was last started. */
  readonly counted: number;
  /** Share of the phase, beside those of its other tasks. */
  readonly weight: number;
  /** Name of the unit finished last. */
  readonly current: string | null;
  readonly fraction: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
}

export interface PhaseProgressState {
  readonly id: string;
  readonly title: string;
  readonly status: 'pending' | 'running' | FinishedPhaseStatus;
  readonly summary: string | null;
  readonly tasks: readonly TaskProgressState[];
  readonly fraction: number;
  /** The fraction at the start: above 0 after a resume. */
  readonly startFraction: number;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly etaMs: number | null;
}

/** Progress of a run, as JSON: a snapshot is a value and never changes. */
export interface RunProgress {
  readonly runId: string;
  readonly session: SessionDate;
  readonly status: ProgressStatus;
  readonly phases: readonly PhaseProgressState[];
  readonly fraction: number;
  /** The fraction at the start: above 0 after a resume. */
  readonly startFraction: number;
  readonly startedAtMs: number;
  readonly updatedAtMs: number;
  readonly finishedAtMs: number | null;
  /** Estimated time left as of `updatedAtMs`; null while the speed does not allow an estimate. */
  readonly etaMs: number | null;
}

/**
 * The state after an event.
 *
 * Shape:  a fraction is finished work, done of total: of a phase the mean of its tasks by their weights, of a run the mean of its phases. A phase should
 *         therefore start all its tasks before it works on the first.
 * Edges:  a fraction never decreases, even when a task is added late or restarted, or when the run resumes; units beyond the total are
 *         ignored. An event that does not apply (another run, a phase that is not running, a task that was not started) returns the same
 *         object.
 */
export function reduceProgress(state: RunProgress | null, event: ProgressEvent): RunProgress | null {
  if (event.type === 'run-started') return startRun(state, event);
  if (state === null || state.runId !== event.runId || state.status !== 'running') return state;
  if (event.type === 'run-finished') return finishRun(state, event);
  const phases = replaceById(state.phases, event.phaseId, (phase) => reducePhase(phase, event));
  return phases === state.phases ? state : measureRun({ ...state, phases }, event.atMs);
}

function startRun(state: RunProgress | null, event: ProgressEventOf<'run-started'>): RunProgress {
  const known = state?.runId === event.runId ? state : null;
  const phases = event.phases.map(({ id, title }): PhaseProgressState => {
    const before = known?.phases.find((phase) => phase.id === id);
    if (before !== undefined)
      return { ...before, title, status: 'pending', summary: null, finishedAtMs: null, etaMs: null };
    return { ...PENDING, id, title };
  });
  const fraction = Math.max(known?.fraction ?? 0, mean(phases));
  return {
    runId: event.runId,
    session: event.session,
    status: 'running',
    phases,
    fraction,
    startFraction: fraction,
    startedAtMs: event.atMs,
    updatedAtMs: event.atMs,
    finishedAtMs: null,
    etaMs: null,
  };
}

const PENDING: Omit<PhaseProgressState, 'id' | 'title'> = {
  status: 'pending',
  summary: null,
  tasks: [],
  fraction: 0,
  startFraction: 0,
  startedAtMs: null,
  finishedAtMs: null,
  etaMs: null,
};

function finishRun(state: RunProgress, { status, atMs }: ProgressEventOf<'run-finished'>): RunProgress {
  const fraction = status === 'completed' ? 1 : state.fraction;
  return { ...state, status, fraction, updatedAtMs: atMs, finishedAtMs: atMs, etaMs: null };
}

function measureRun(state: RunProgress, atMs: number): RunProgress {
  const fraction = Math.max(state.fraction, mean(state.phases));
  return { ...state, fraction, updatedAtMs: atMs, etaMs: estimateRemainingMs({ ...state, fraction }, atMs) };
}

type PhaseEvent = Exclude<ProgressEvent, { readonly type: 'run-started' | 'run-finished' }>;

function reducePhase(phase: PhaseProgressState, event: PhaseEvent): PhaseProgressState {
  if (event.type === 'phase-started') return startPhase(phase, event.atMs);
  if (event.type === 'phase-finished') return finishPhase(phase, event);
  if (phase.status !== 'running') return phase;
  const tasks = reduceTasks(phase.tasks, event);
  if (tasks === phase.tasks) return phase;
  const fraction = Math.max(phase.fraction, mean(tasks));
  const startedAtMs = phase.startedAtMs ?? event.atMs;
  return { ...phase, tasks, fraction, etaMs: estimateRemainingMs({ ...phase, fraction, startedAtMs }, event.atMs) };
}

function startPhase(phase: PhaseProgressState, atMs: number): PhaseProgressState {
  if (phase.status === 'running') return phase;
  const { fraction } = phase;
  return { ...phase, status: 'running', summary: null, startFraction: fraction, startedAtMs: atMs, finishedAtMs: null };
}

function finishPhase(phase: PhaseProgressState, event: ProgressEventOf<'phase-finished'>): PhaseProgressState {
  if (phase.status !== 'running' && phase.status !== 'pending') return phase;
  const { status, summary = null, atMs } = event;
  const isDone = status === 'completed' || status === 'skipped';
  return { ...phase, status, summary, fraction: isDone ? 1 : phase.fraction, finishedAtMs: atMs, etaMs: null };
}

type TaskEvent = ProgressEventOf<'task-started' | 'task-advanced' | 'task-finished'>;

function reduceTasks(tasks: readonly TaskProgressState[], event: TaskEvent): readonly TaskProgressState[] {
  switch (event.type) {
    case 'task-started': {
      const before = tasks.find((task) => task.id === event.taskId);
      const started = startTask(event, before);
      return before === undefined ? [...tasks, started] : tasks.map((task) => (task === before ? started : task));
    }
    case 'task-advanced':
      return replaceById(tasks, event.taskId, (task) => advanceTask(task, event));
    case 'task-finished':
      return replaceById(tasks, event.taskId, (task) =>
        task.finishedAtMs === null ? { ...task, done: task.total, fraction: 1, finishedAtMs: event.atMs } : task,
      );
  }
}

function startTask(event: ProgressEventOf<'task-started'>, before?: TaskProgressState): TaskProgressState {
  const total = Number.isFinite(event.total) ? Math.max(1, event.total) : 1;
  const done = Math.min(before?.done ?? 0, total);
  return {
    id: event.taskId,
    title: event.title,
    total,
    done,
    weight: event.weight !== undefined && event.weight > 0 && Number.isFinite(event.weight) ? event.weight : 1,
    counted: 0,
    current: null,
    fraction: Math.max(before?.fraction ?? 0, done / total),
    startedAtMs: event.atMs,
    finishedAtMs: null,
  };
}

function advanceTask(task: TaskProgressState, event: ProgressEventOf<'task-advanced'>): TaskProgressState {
  if (task.finishedAtMs !== null) return task;
  const units = event.units > 0 ? event.units : 0;
  const current = event.current ?? task.current;
  if (units === 0 && current === task.current) return task;
  const counted = Math.min(task.counted + units, task.total);
  const done = Math.max(task.done, counted);
  return { ...task, counted, done, current, fraction: Math.max(task.fraction, done / task.total) };
}

function mean(parts: readonly { readonly fraction: number; readonly weight?: number }[]): number {
  const weights = parts.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return weights === 0 ? 0 : parts.reduce((sum, { fraction, weight = 1 }) => sum + fraction * weight, 0) / weights;
}

/** The list with one item replaced, or the same list when nothing changed. */
function replaceById<Item extends { readonly id: string }>(
  items: readonly Item[],
  id: string,
  change: (item: Item) => Item,
): readonly Item[] {
  const index = items.findIndex((item) => item.id === id);
  const item = items[index];
  if (item === undefined) return items;
  const changed = change(item);
  return changed === item ? items : items.with(index, changed);
}
