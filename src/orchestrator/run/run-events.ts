import type { PipelineError } from '../../core/errors.js';
import type { SessionDate } from '../../core/session.js';
import type { EventDraft, Phase, PhaseOutcome, PhasePosition, RunFacts } from '../../core/phase.js';
import {
  dailyProcessingCompleted,
  dailyProcessingProgress,
  dailyProcessingStarted,
  eodCompleted,
  jobProgressUpdate,
  processingError,
} from '../../events/catalogue/index.js';
import { draftEvent } from '../../events/event.js';
import { toCompleted, toCompletionTime, toPercent, toSeconds } from '../../core/measures.js';
import type { PhaseProgressState, RunProgress } from '../../progress/model.js';
import type { NewRun, EndedRunStatus } from './run-types.js';
import type { RunTotals } from '../../core/run-totals.js';

/** The consumer's name for a phase; a host's phase without one has its id. */
export function toJob(phase: Pick<Phase, 'id' | 'events'>): string {
  return phase.events?.job ?? phase.id.replaceAll('-', '_');
}

export function announceRunStart(
  run: RunFacts,
  { phases, trigger, triggeredBy = '' }: Pick<NewRun, 'phases' | 'trigger' | 'triggeredBy'>,
): EventDraft[] {
  const [phase] = phases;
  const isRequest = trigger === 'api' && phases.length === 1;
  return [
    ...((isRequest && phase?.events?.requested?.(run, triggeredBy)) || []),
    draftEvent(dailyProcessingStarted, {
      run_id: run.runId,
      session: run.session,
      run_date: run.session,
      total_symbols: run.symbols,
      symbols_count: run.symbols,
      phases: phases.map(toJob),
      trigger_type: trigger === 'automatic' ? 'automatic' : 'manual',
    }),
  ];
}

/** The end of a run. */
interface RunEnd {
  readonly runId: string;
  readonly session: SessionDate;
  /** The consumer's names of its phases. */
  readonly jobs: readonly string[];
  readonly status: EndedRunStatus | 'interrupted';
  readonly totals: RunTotals;
  readonly durationMs: number;
  readonly error?: PipelineError | undefined;
}

/** An evening is a run of all of these. */
const EVENING = ['data_import', 'cache_sync', 'indicator_processing'];

/**
 * The failure event directly precedes the end event: the reader keeps state between the two and stores no error without a duration. The signal of
 * an evening precedes both, because the end event is the last of a run.
 */
export function announceRunEnd({ runId, session, jobs, status, totals, durationMs, error }: RunEnd): EventDraft[] {
  const failed = status === 'failed' || status === 'interrupted';
  const success = !failed && status !== 'cancelled';
  const end = {
    run_id: runId,
    status: success ? ('success' as const) : failed ? ('failed' as const) : ('cancelled' as const),
    success,
    duration_seconds: toSeconds(durationMs),
    symbols_processed: totals.symbolsProcessed,
    symbols_failed: totals.symbolsFailed,
    indicators_calculated: totals.indicatorsCalculated,
  };
  const isEvening = EVENING.every((job) => jobs.includes(job));
  return [
    ...(isEvening ? [draftEvent(eodCompleted, { ...end, session, held: status === 'completed_with_holds' })] : []),
    ...(failed && error ? [announceError(runId, error)] : []),
    draftEvent(dailyProcessingCompleted, end),
  ];
}

function announceError(runId: string, error: PipelineError): EventDraft {
  return draftEvent(processingError, {
    severity: 'error',
    component: 'daily_processing',
    error_code: error.code,
    message: error.message,
    error_message: error.message,
    context: { run_id: runId },
    recovery_action: error.hint ?? (error.retryable ? 'run the same session again' : 'see `tickstock status`'),
  });
}

/** Events at the start of a phase: its own event, and the first progress. */
export function announcePhaseStart(phase: Phase, run: RunFacts, progress: RunProgress | null, at: Date): EventDraft[] {
  const position: PhasePosition = { fraction: 0, task: '', current: '', elapsedMs: 0, etaMs: null };
  return [...(phase.events?.started(run) ?? []), ...announceProgress(phase, run, position, progress, at)];
}

/** Events at the end of a phase: its changes, the last progress, its own event. */
export function announcePhaseEnd(
  phase: Phase,
  run: RunFacts,
  outcome: PhaseOutcome,
  progress: RunProgress | null,
  at: Date,
): EventDraft[] {
  const state = progress?.phases.find((each) => each.id === phase.id);
  const reached = state ? toPosition(state, at) : { task: '', current: '', elapsedMs: outcome.durationMs, fraction: 0 };
  const position = { ...reached, etaMs: null, ...(outcome.report && { fraction: 1 }) };
  return [
    ...(outcome.report?.events ?? []),
    ...announceProgress(phase, run, position, progress, at),
    ...(phase.events?.ended(run, outcome) ?? []),
  ];
}

/** The progress in three events: of the run, of the phase, and of the job-progress tracker. */
export function announceProgress(
  phase: Phase,
  run: RunFacts,
  position: PhasePosition,
  progress: RunProgress | null,
  at: Date,
): EventDraft[] {
  const runFraction = toRunFraction(phase, position, progress);
  const runPct = toPercent(runFraction);
  // The consumer writes both events into the same fields: they are of the run in both, and never decrease.
  const completed = toCompleted(runFraction, run.symbols);
  const estimatedCompletion = toCompletionTime(progress?.etaMs ?? null, at.getTime());
  const ofPhase = toCompleted(position.fraction, run.symbols);
  return [
    draftEvent(dailyProcessingProgress, {
      run_id: run.runId,
      phase: toJob(phase),
      progress: runPct,
      percent_complete: runPct,
      symbols_completed: completed,
      symbols_total: run.symbols,
      current_symbol: position.current,
      estimated_completion: estimatedCompletion,
    }),
    ...(phase.events?.progress(run, position) ?? []),
    draftEvent(jobProgressUpdate, {
      run_id: run.runId,
      phase: toJob(phase),
      total_symbols: run.symbols,
      completed,
      failed: 0,
      processed: completed,
      remaining: run.symbols - completed,
      percentage: runPct,
      phase_percentage: toPercent(position.fraction),
      current_symbol: position.current,
      estimated_completion: estimatedCompletion,
      avg_processing_time_ms: ofPhase === 0 ? 0 : Math.round((1000 * position.elapsedMs) / ofPhase) / 1000,
    }),
  ];
}

export function toPosition(state: PhaseProgressState, at: Date): PhasePosition {
  const task = state.tasks.find((each) => each.finishedAtMs === null && each.fraction < 1) ?? state.tasks.at(-1);
  return {
    fraction: state.fraction,
    task: task?.title ?? '',
    current: task?.current ?? '',
    elapsedMs: Math.max(0, at.getTime() - (state.startedAtMs ?? at.getTime())),
    etaMs: state.etaMs,
  };
}

/** The mean of the phases, with the given progress of this one, because the tracker may not have it yet. */
function toRunFraction(phase: Phase, position: PhasePosition, progress: RunProgress | null): number {
  if (progress === null || progress.phases.length === 0) return position.fraction;
  const fractions = progress.phases.map((each) => (each.id === phase.id ? position.fraction : each.fraction));
  const mean = fractions.reduce((sum, fraction) => sum + fraction, 0) / fractions.length;
  return Math.max(progress.fraction, mean);
}
