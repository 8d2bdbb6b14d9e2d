import { PipelineError } from '../../index.js';

/** Callers time out after two seconds; the rest is for a busy event loop and the network. */
const ANSWER_WITHIN_MS = 1500;
/** With less time left a query is not started; timers can fire a millisecond or two early. */
const LEAST_MS = 5;
/** With this many queries overdue the database hangs, and further ones would only queue behind them. */
const MAX_OVERDUE = 32;
/** An overdue query stops counting after this: its connection was probably lost silently, and the next query may get another one. */
const GIVEN_UP_AFTER_MS = 10_000;

/** A time limit for queries. */
export interface TimeLimit {
  /**
   * Waits for `work` until the time limit.
   *
   * @param work gets a signal that aborts at the time limit; work that changes something must stop then
   * @throws EOD_DB_UNAVAILABLE at the time limit
   */
  within<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
}

/** Limits the time of queries, so that callers get an error when the database hangs. */
export class Deadline implements TimeLimit {
  private overdue = 0;

  constructor(private readonly withinMs: number = ANSWER_WITHIN_MS) {}

  within<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    return this.waitFor(work, this.withinMs);
  }

  /** One limit for an answer that takes several queries in sequence: each gets the time left by the earlier ones. */
  shared(): TimeLimit {
    const untilMs = performance.now() + this.withinMs;
    return { within: (work) => this.waitFor(work, untilMs - performance.now()) };
  }

  private async waitFor<Result>(work: (signal: AbortSignal) => Promise<Result>, leftMs: number): Promise<Result> {
    if (this.overdue >= MAX_OVERDUE || leftMs < LEAST_MS) throw tooLate(this.withinMs);
    const expiry = new AbortController();
    const result = work(expiry.signal);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = tooLate(this.withinMs);
        this.countOverdue(result);
        expiry.abort(error);
        reject(error);
      }, leftMs);
    });
    try {
      return await Promise.race([result, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private countOverdue(result: Promise<unknown>): void {
    const givenUp = new Promise((resolve) => setTimeout(resolve, GIVEN_UP_AFTER_MS).unref());
    this.overdue += 1;
    void Promise.race([result, givenUp])
      .catch(() => undefined)
      .finally(() => (this.overdue -= 1));
  }
}

function tooLate(withinMs: number): PipelineError {
  return new PipelineError('EOD_DB_UNAVAILABLE', `the database did not answer within ${withinMs / 1000} seconds`, {
    hint: 'try again in a few seconds; GET /health shows when the database is available',
  });
}
