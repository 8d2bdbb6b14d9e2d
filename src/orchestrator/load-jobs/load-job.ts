import { z } from 'zod';

/** The channel on which TickStockAppV2 asks for bars, and the key in which it looks for the answer. Source: its admin pages. */
export const LOAD_JOBS_CHANNEL = 'tickstock.jobs.data_load';
export const statusKeyOf = (jobId: string): string => `tickstock.jobs.status:${jobId}`;

/** Names of the only timeframe that is stored here. */
const DAILY = new Set(['day', 'daily', '1day', '1d']);

/** Jobs that name symbols or a universe. A file of the other machine cannot be read. */
const SERVED = ['historical_load', 'multi_timeframe_load', 'universe_historical_load', 'csv_universe_load'] as const;

const jobSchema = z.object({
  job_id: z.string().regex(/^[\w.-]{1,100}$/),
  job_type: z.string(),
  symbols: z.array(z.string().trim().min(1).max(20)).max(200_000).default([]),
  universe_key: z.string().trim().min(1).max(500).nullish(),
  timeframes: z.array(z.string()).nullish(),
  timespan: z.string().nullish(),
  years: z.coerce.number().positive().max(100).default(1),
  run_analysis_after_import: z.union([z.boolean(), z.string()]).default(false),
});

/** Bars of symbols, or of the members of a universe, for a number of years. */
export interface LoadJob {
  readonly jobId: string;
  readonly symbols: readonly string[];
  readonly universeKey: string | null;
  readonly years: number;
  /** Asked for and not stored here. */
  readonly otherTimeframes: readonly string[];
  /** Passed back: the caller's own code acts on it. */
  readonly isAnalysis: boolean;
}

/** A message that is answered with the reason, or, without an id, cannot be answered. */
export interface RefusedJob {
  readonly jobId: string | null;
  readonly reason: string;
}

/** Reads a message of the channel. Anything may be published there: nothing is assumed of it. */
export function parseLoadJob(text: string): LoadJob | RefusedJob {
  const message = parseJson(text);
  const parsed = jobSchema.safeParse(message);
  if (!parsed.success) {
    const { job_id: id } = z.object({ job_id: jobSchema.shape.job_id }).safeParse(message).data ?? { job_id: null };
    const problems = parsed.error.issues.map(
      ({ path, message: what }) => `${path.join('.') || 'the message'}: ${what}`,
    );
    return { jobId: id, reason: `the job is not valid: ${problems.join('; ')}` };
  }
  const job = parsed.data;
  const refuse = (reason: string): RefusedJob => ({ jobId: job.job_id, reason });
  if (!SERVED.some((type) => type === job.job_type)) {
    return refuse(`jobs of type ${job.job_type} are not served; served are ${SERVED.join(', ')}`);
  }
  const timeframes = job.timeframes ?? [job.timespan ?? 'day'];
  const otherTimeframes = timeframes.filter((timeframe) => !DAILY.has(timeframe.toLowerCase()));
  if (otherTimeframes.length === timeframes.length) {
    return refuse(`only daily bars are stored here, not ${timeframes.join(', ') || 'none'}`);
  }
  if (job.symbols.length === 0 && (job.universe_key ?? null) === null) {
    return refuse('the job names neither symbols nor universe_key; files of universes are not read');
  }
  return {
    jobId: job.job_id,
    symbols: [...new Set(job.symbols)],
    universeKey: job.universe_key ?? null,
    years: job.years,
    otherTimeframes,
    isAnalysis: String(job.run_analysis_after_import).toLowerCase() === 'true',
  };
}

export function isRefused(job: LoadJob | RefusedJob): job is RefusedJob {
  return 'reason' in job;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
