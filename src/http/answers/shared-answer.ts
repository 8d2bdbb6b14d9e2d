import { LRUCache } from 'lru-cache';
import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../../index.js';

/** A query without an answer by then may never get one: its connection can be lost silently. The next caller starts another. */
const GIVE_UP_AFTER_MS = 5000;

/** The cache holds objects only, and an answer may be null. */
interface Answer<Value> {
  readonly value: Value;
}

/**
 * One answer for all callers: at most one query is under way, and its answer is reused for `ttlMs`.
 *
 * Edges: a failure reaches every caller who waited for it and is not kept.
 */
export class SharedAnswer<Value> {
  private readonly cache: LRUCache<'answer', Answer<Value>>;

  constructor(ask: () => Promise<Value>, ttlMs: number, giveUpAfterMs = GIVE_UP_AFTER_MS) {
    this.cache = new LRUCache<'answer', Answer<Value>>({
      max: 1,
      ttl: ttlMs,
      // A caller who already waits when `forget` is called still gets the answer; it is not kept.
      ignoreFetchAbort: true,
      fetchMethod: async () => ({ value: await withoutHanging(ask, giveUpAfterMs) }),
    });
  }

  /** @throws what the query throws; EOD_DB_UNAVAILABLE after 5 seconds without an answer */
  async get(): Promise<Value> {
    return (await this.cache.forceFetch('answer')).value;
  }

  /** Invalidates the answer, also one that is still awaited: the next caller starts a new query. */
  forget(): void {
    this.cache.clear();
  }
}

async function withoutHanging<Value>(ask: () => Promise<Value>, withinMs: number): Promise<Value> {
  const answered = new AbortController();
  const late = delay(withinMs, undefined, { signal: answered.signal, ref: false }).then(() => {
    throw new PipelineError('EOD_DB_UNAVAILABLE', `the database did not answer within ${withinMs / 1000} s`);
  });
  try {
    return await Promise.race([ask(), late]);
  } finally {
    late.catch(() => undefined);
    answered.abort();
  }
}
