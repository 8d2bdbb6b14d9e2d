import { styleText } from 'node:util';
import type { Clock } from '../core/clock.js';
import type { ProgressEvent } from './events.js';
import { LiveLine, type ProgressStream } from './live-line.js';
import { MARKS, toFinishedLine, toLiveLine, toMilestoneLine } from './lines.js';
import type { Mark } from './lines.js';
import type { RunProgress } from './model.js';
import type { ProgressTracker } from './tracker.js';

export interface TerminalOptions {
  readonly clock: Clock;
  /** Escape codes on a terminal; never written to a pipe. Default true. */
  readonly color?: boolean;
}

/** About twelve redraws a second look fluent and cost the run nothing measurable. */
const REDRAW_MS = 80;
/** Updates the elapsed time while one long statement runs. */
const TICK_MS = 250;
const MILESTONE_PCTS = [75, 50, 25];
const MILESTONES_AFTER_MS = 2000;

/**
 * Shows the runs of a tracker; returns a function that stops it.
 *
 * Edges:  on a terminal one line is redrawn in place, and every finished phase leaves a line; elsewhere plain lines are written at the
 *         start and end of a phase and at the quarters of tasks longer than 2 seconds.
 */
export function attachTerminal(tracker: ProgressTracker, stream: ProgressStream, options: TerminalOptions): () => void {
  return stream.isTTY === true ? attachLive(tracker, stream, options) : attachPlain(tracker, stream);
}

function attachLive(
  tracker: ProgressTracker,
  stream: ProgressStream,
  { clock, color = true }: TerminalOptions,
): () => void {
  let drawnAtMs = -Infinity;
  const live = new LiveLine(stream, color);
  const draw = (): void => {
    const phase = tracker.snapshot()?.phases.find((each) => each.status === 'running');
    if (phase === undefined || clock.now() - drawnAtMs < REDRAW_MS) return;
    drawnAtMs = clock.now();
    live.draw(toLiveLine(phase, drawnAtMs));
  };
  const unsubscribe = tracker.subscribe((event, run) => {
    const finished = finishedBy(event, run);
    if (finished === undefined && event.type !== 'run-finished') return draw();
    live.clear();
    if (finished === undefined) return;
    const { mark, text } = finished;
    stream.write(`${color ? paint(FORMATS[mark], mark) : mark} ${text}\n`);
    drawnAtMs = -Infinity;
  });
  const timer = setInterval(draw, TICK_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    unsubscribe();
    live.clear();
  };
}

function attachPlain(tracker: ProgressTracker, stream: ProgressStream): () => void {
  const reached = new Map<string, number>();
  return tracker.subscribe((event, run) => {
    const finished = finishedBy(event, run);
    if (finished !== undefined) stream.write(`${finished.mark} ${finished.text}\n`);
    if (event.type === 'phase-started') {
      reached.clear();
      const title = run.phases.find((phase) => phase.id === event.phaseId)?.title ?? event.phaseId;
      stream.write(`  ${title} …\n`);
    }
    if (event.type === 'task-advanced') writeMilestone(event, run, reached, stream);
  });
}

function writeMilestone(
  event: Extract<ProgressEvent, { type: 'task-advanced' }>,
  run: RunProgress,
  reached: Map<string, number>,
  stream: ProgressStream,
): void {
  const phase = run.phases.find((each) => each.id === event.phaseId);
  const task = phase?.tasks.find((each) => each.id === event.taskId);
  if (phase === undefined || task === undefined || event.atMs - task.startedAtMs < MILESTONES_AFTER_MS) return;
  const milestone = MILESTONE_PCTS.find((pct) => task.fraction * 100 >= pct) ?? 0;
  if (task.fraction === 1 || milestone <= (reached.get(task.id) ?? 0)) return;
  reached.set(task.id, milestone);
  stream.write(`${toMilestoneLine(phase, task)}\n`);
}

function finishedBy(event: ProgressEvent, run: RunProgress): ReturnType<typeof toFinishedLine> {
  if (event.type !== 'phase-finished') return undefined;
  const phase = run.phases.find((each) => each.id === event.phaseId);
  return phase === undefined ? undefined : toFinishedLine(phase, run);
}

type Format = 'green' | 'red' | 'yellow' | 'gray';

const FORMATS: Readonly<Record<Mark, Format>> = {
  [MARKS.completed]: 'green',
  [MARKS.failed]: 'red',
  [MARKS.cancelled]: 'yellow',
  [MARKS.skipped]: 'gray',
};

function paint(format: Format, text: string): string {
  return styleText(format, text, { validateStream: false });
}
