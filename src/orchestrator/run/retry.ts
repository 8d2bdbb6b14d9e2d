import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import { isTransient, toDatabaseError } from '../../db/database-error.js';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 15_000;

export interface RetryOptions {
  /** No attempt begins later than this after the first failure; 0 for no retry. */
  readonly withinMs: number;
  readonly signal?: AbortSignal;
  readonly logger?: Logger;
  /** What is retried, for the log. */
  readonly what: string;
}

/**
 * Repeats work that failed for a transient reason of the database, with a delay that doubles and is spread at random, so that several processes
 * do not come back at the same moment.
 * @throws the last failure, as `toDatabaseError` converts it
 */
export async function retryTransient<Result>(work: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { withinMs, signal, logger, what } = options;
  let failedAt: number | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (thrown) {
      const error = toDatabaseError(thrown);
      failedAt ??= performance.now();
      const pause = toDelayMs(attempt);
      const isLate = performance.now() + pause - failedAt > withinMs;
      if (signal?.aborted || isLate || !isTransient(error)) throw error;
      logger?.warn(
        { code: error.code, attempt },
        `${what} failed, and is tried again in ${(pause / 1000).toFixed(1)} s: ${error.message}`,
      );
      await delay(pause, undefined, signal && { signal }).catch(() => {
        throw error;
      });
    }
  }
}

/** Between half of it and all of it. */
function toDelayMs(attempt: number): number {
  const longest = Math.min(FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 10), MAX_DELAY_MS);
  return longest * (0.5 + Math.random() / 2);
}

/**
 * Waits for work that should end soon after its signal fires, and no longer than that.
 * @throws EOD_PHASE_FAILED when it continues regardless
 */
export async function orAbandoned<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
  graceMs: number,
): Promise<Result> {
  const ended = new AbortController();
  const abandoned = async (): Promise<never> => {
    await new Promise((resolve) => {
      if (signal.aborted) resolve(undefined);
      else signal.addEventListener('abort', resolve, { once: true, signal: ended.signal });
    });
    await delay(graceMs, undefined, { signal: ended.signal });
    throw new PipelineError('EOD_PHASE_FAILED', `it did not end within ${graceMs / 1000} s of its signal`);
  };
  const waiting = abandoned();
  waiting.catch(() => undefined);
  try {
    return await Promise.race([work, waiting]);
  } finally {
    work.catch(() => undefined);
    ended.abort();
  }
}
