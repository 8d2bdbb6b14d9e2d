import { PipelineError } from '../../index.js';

/** Callers give up after two seconds; what is left is for a busy event loop and the way back. */
const ANSWER_WITHIN_MS = 1500;
/** In less nothing is answered; timers may also be a millisecond or two early. */
const LEAST_MS = 5;
/** With so many questions that a hanging database still owes an answer, further ones would only queue behind them. */
const MAX_OVERDUE = 32;
/** What has not been answered by then never will be: its connection is gone without a word, and the next question may find another. */
const GIVEN_UP_AFTER_MS = 10_000;

/** What questions to the database are asked under. */
export interface TimeLimit {
  /**
   * Waits for `work`, but not for long.
   *
   * @param work gets a signal that fires when nobody waits for it any more; work that changes something must heed it
   * @throws EOD_DB_UNAVAILABLE when there is no answer in time
   */
  within<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
}

/** Puts a time limit on whatever asks the database, so that a database that hangs makes no caller hang. */
export class Deadline implements TimeLimit {
  private overdue = 0;

  constructor(private readonly withinMs: number = ANSWER_WITHIN_MS) {}

  within<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    return this.waitFor(work, this.withinMs);
  }

  /** One limit for an answer that takes several questions in a row: each has what the earlier ones have left. */
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
    hint: 'try again in a few seconds; GET /health says when the database is back',
  });
}
