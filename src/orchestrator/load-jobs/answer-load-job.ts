import type { SessionDate } from '../../core/session.js';
import { formatCounted } from '../../core/format-count.js';
import type { LoadJob } from './load-job.js';

/** What is known of the bars of one symbol in the span that was asked for. */
export interface LoadedSymbol {
  readonly symbol: string;
  readonly first: SessionDate | null;
  readonly last: SessionDate | null;
}

/** The state of a job as its reader formats it: `completed_with_errors` when something that was asked for is not there. */
export interface JobStatus {
  readonly job_id: string;
  readonly status: 'running' | 'completed' | 'completed_with_errors' | 'failed';
  /** Percent. */
  readonly progress: number;
  readonly message: string;
  readonly error_message: string | null;
  readonly total_symbols: number;
  readonly processed_symbols: number;
  readonly successful_symbols: readonly string[];
  readonly failed_symbols: readonly string[];
  readonly universe_key: string | null;
  readonly run_analysis_after_import: boolean;
  /** ISO, UTC. */
  readonly started_at: string;
  readonly completed_at: string | null;
}

const LISTED = 5;
const DAYS_A_YEAR = 365.25;
const DAY_MS = 86_400_000;

/** First day of the span of a job. */
export function startOf({ years }: Pick<LoadJob, 'years'>, nowMs: number): string {
  return new Date(nowMs - Math.ceil(years * DAYS_A_YEAR) * DAY_MS).toISOString().slice(0, 10);
}

/**
 * The answer to a job: its daily bars are those of the evenings, which no job adds to. A symbol has been served when it has bars in the span.
 */
export function toAnswer(
  job: LoadJob,
  loaded: readonly LoadedSymbol[],
  { startedAt, endedAt }: { readonly startedAt: string; readonly endedAt: string },
): JobStatus {
  const successful = loaded.filter(({ last }) => last !== null).map(({ symbol }) => symbol);
  const failed = loaded.filter(({ last }) => last === null).map(({ symbol }) => symbol);
  const newest = loaded
    .map(({ last }) => last ?? '')
    .toSorted()
    .at(-1);
  const behind = loaded.filter(({ last }) => last !== null && last !== newest).length;
  const first = loaded.map((found) => found.first ?? '9999').toSorted()[0] ?? '9999';
  const since = first === '9999' ? '' : ` from ${first} on`;
  const problems = [
    ...(failed.length > 0 ? [`no daily bars of ${listFirst(failed)}`] : []),
    ...(behind > 0 ? [`${formatCounted(behind, 'symbol')} without a bar on ${newest}, the newest session`] : []),
    ...(job.otherTimeframes.length > 0
      ? [`only daily bars are stored here, not ${job.otherTimeframes.join(', ')}`]
      : []),
  ];
  return {
    ...toProgress(job, loaded.length, startedAt),
    status: successful.length === 0 ? 'failed' : problems.length === 0 ? 'completed' : 'completed_with_errors',
    progress: 100,
    message: `${successful.length} of ${loaded.length} symbols have daily bars${since}`,
    error_message: problems.length === 0 ? null : problems.join('; '),
    processed_symbols: loaded.length,
    successful_symbols: successful,
    failed_symbols: failed,
    completed_at: endedAt,
  };
}

/** The state of a job that is being answered. */
export function toProgress(job: LoadJob, symbols: number, startedAt: string): JobStatus {
  return {
    job_id: job.jobId,
    status: 'running',
    progress: 0,
    message: 'looking for daily bars',
    error_message: null,
    total_symbols: symbols,
    processed_symbols: 0,
    successful_symbols: [],
    failed_symbols: [],
    universe_key: job.universeKey,
    run_analysis_after_import: job.isAnalysis,
    started_at: startedAt,
    completed_at: null,
  };
}

export function toRefusal(jobId: string, reason: string, at: string): JobStatus {
  const job = { jobId, symbols: [], universeKey: null, years: 1, otherTimeframes: [], isAnalysis: false };
  return {
    ...toProgress(job, 0, at),
    status: 'failed',
    progress: 100,
    message: reason,
    error_message: reason,
    completed_at: at,
  };
}

function listFirst(symbols: readonly string[]): string {
  const more = symbols.length > LISTED ? ` and ${symbols.length - LISTED} more` : '';
  return `${symbols.slice(0, LISTED).join(', ')}${more}`;
}
