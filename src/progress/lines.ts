import { formatCount } from '../core/format-count.js';
import { toPercent } from '../core/measures.js';
import { estimateRemainingMs } from './eta.js';
import type { LineParts } from './live-line.js';
import type { PhaseProgressState, RunProgress, TaskProgressState } from './model.js';

const BAR_WIDTH = 20;

/** `0.21 s`, `42.0 s`, `3 min 05 s`, `1 h 02 min`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, durationMs) / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** A running phase on one line: percent, times and what is being done. */
export function toLiveLine(phase: PhaseProgressState, nowMs: number): LineParts {
  const startedAtMs = phase.startedAtMs ?? nowMs;
  const etaMs = estimateRemainingMs({ ...phase, startedAtMs }, nowMs);
  const eta = etaMs === null ? '' : `, ${formatDuration(etaMs)} left`;
  const task = phase.tasks.find((each) => each.finishedAtMs === null && each.fraction < 1) ?? phase.tasks.at(-1);
  const doing = task === undefined ? '' : `  ${task.title}${task.current === null ? '' : `: ${task.current}`}`;
  return {
    title: toOneLine(phase.title),
    bar: toBar(phase.fraction),
    rest: toOneLine(`${formatPercent(phase.fraction)}  ${formatDuration(nowMs - startedAtMs)}${eta}${doing}`),
  };
}

/** A range of sessions that are run one after another, on one line. */
export function toRangeLine(
  title: string,
  { done, total, elapsedMs }: { readonly done: number; readonly total: number; readonly elapsedMs: number },
  latest: string | undefined,
): LineParts {
  const eta = done > 0 && done < total ? `, ${formatDuration((elapsedMs / done) * (total - done))} left` : '';
  const session = latest === undefined ? '' : `  ${latest}`;
  return {
    title,
    bar: toBar(total === 0 ? 1 : done / total),
    rest: `${done} of ${total}${session}  ${formatDuration(elapsedMs)}${eta}`,
  };
}

function toBar(fraction: number): string {
  const filled = Math.round(fraction * BAR_WIDTH);
  return '━'.repeat(filled) + '─'.repeat(BAR_WIDTH - filled);
}

export const MARKS = { completed: '✔', failed: '✖', cancelled: '■', skipped: '–' } as const;
export type Mark = (typeof MARKS)[keyof typeof MARKS];

/** `✔ Import      0.21 s  7,162 rows`: titles are padded to the longest of the run, so that lines align. */
export function toFinishedLine(phase: PhaseProgressState, run: RunProgress): { mark: Mark; text: string } | undefined {
  if (phase.status === 'pending' || phase.status === 'running') return undefined;
  const width = Math.max(...run.phases.map((each) => each.title.length));
  const took = phase.startedAtMs === null ? '' : formatDuration((phase.finishedAtMs ?? 0) - phase.startedAtMs);
  // What a phase failed with is the error of the run, which is printed once, at its end.
  const summary =
    phase.status === 'failed' ? 'failed' : (phase.summary ?? (phase.status === 'completed' ? '' : phase.status));
  const text = toOneLine(`${phase.title.padEnd(width)}  ${took.padStart(10)}  ${summary}`).trimEnd();
  return { mark: MARKS[phase.status], text };
}

/** `  Import: Load bars  50 %  3,581 of 7,162` */
export function toMilestoneLine(phase: PhaseProgressState, task: TaskProgressState): string {
  const count = `${formatCount(task.done)} of ${formatCount(task.total)}`;
  return toOneLine(`  ${phase.title}: ${task.title}  ${formatPercent(task.fraction)}  ${count}`);
}

/** Rounded down and at most 99: an ended phase has its own line. */
function formatPercent(fraction: number): string {
  return `${Math.min(99, Math.floor(toPercent(fraction)))} %`;
}

/** Control characters would move the cursor or break the line. */
function toOneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
