import { addAbortListener } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import pRetry from 'p-retry';
import pThrottle from 'p-throttle';
import { z } from 'zod';
import type { Config } from '../../../src/config/schema/index.js';
import { PipelineError } from '../../../src/core/errors.js';

/** Calls at the same time. */
const CONCURRENCY = 10;
const CALL_TIMEOUT_MS = 30_000;
const RETRIES = 5;
const MAX_WAIT_MS = 60_000;
/** The bars of a session take 2 MB, a page of 1,000 tickers 400 kB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_PAGES = 1000;
const TEXT_LIMIT = 200;

type Query = Readonly<Record<string, string | number | boolean>>;

const envelopeSchema = z.object({
  status: z.string().optional(),
  results: z.unknown().optional(),
  next_url: z.string().nullish(),
  error: z.string().optional(),
  message: z.string().optional(),
});
type Envelope = z.output<typeof envelopeSchema>;

/** A failure that another call may not have; `waitMs` is how long the server asked to wait. */
class Passing extends Error {
  constructor(
    message: string,
    readonly waitMs = 0,
  ) {
    super(message);
  }
}

/**
 * Calls to the REST API of Massive: limited, retried, paged.
 *
 * A call is retried after a failed connection, a timeout, an incomplete or unreadable answer, 429 and 5xx, with growing pauses or as long as the
 * server asks. The key is sent to the configured address only, whatever address a page names as the next.
 * Source: https://massive.com/docs/rest/quickstart, November 2026
 */
export class MassiveClient {
  private readonly limit = pLimit(CONCURRENCY);
  private readonly closed = new AbortController();
  private readonly call: (url: URL, signal: AbortSignal) => Promise<Envelope | null>;

  /** @param retryMs first pause between attempts; it doubles with each */
  constructor(
    private readonly settings: Config['import']['massive'],
    private readonly retryMs = 500,
  ) {
    const { callsPerMinute } = settings;
    const call = (url: URL, signal: AbortSignal) => this.attempt(url, signal);
    this.call =
      callsPerMinute === 0
        ? call
        : pThrottle({ limit: callsPerMinute, interval: 60_000, strict: true, signal: this.closed.signal })(call);
  }

  /** @throws EOD_SOURCE_MISSING without a key */
  assertKey(): string {
    if (this.settings.apiKey !== undefined) return this.settings.apiKey;
    throw new PipelineError('EOD_SOURCE_MISSING', 'the massive source needs an API key', {
      hint: 'set MASSIVE_API_KEY in the environment; https://massive.com/dashboard/keys has it',
    });
  }

  /**
   * `results` of one answer; null when the API has nothing under that path.
   *
   * @param once no second attempt
   * @throws EOD_SOURCE_MISSING without a key or an answer, EOD_SOURCE_INVALID when the API refuses the call
   */
  async get(path: string, query: Query, signal: AbortSignal, { once = false } = {}): Promise<unknown> {
    const answer = await this.request(this.toUrl(path, query), signal, once ? 0 : RETRIES);
    return answer === null ? null : (answer.results ?? null);
  }

  /**
   * The rows of all pages.
   *
   * @throws as `get`, and when a page is missing or leads to one that was read already
   */
  async *pages(path: string, query: Query, signal: AbortSignal): AsyncGenerator {
    const seen = new Set<string>();
    let url: URL | undefined = this.toUrl(path, query);
    while (url !== undefined) {
      if (seen.has(url.href)) throw this.invalid(`the pages of ${path} lead back to one that was read`);
      if (seen.size === MAX_PAGES) throw this.invalid(`${path} has more than ${MAX_PAGES} pages`);
      seen.add(url.href);
      const answer = await this.request(url, signal, RETRIES);
      if (answer === null) throw this.invalid(`page ${seen.size} of ${path} is missing`);
      const { results = [], next_url: next } = answer;
      if (!Array.isArray(results)) throw this.invalid(`page ${seen.size} of ${path} has no list of results`);
      yield* results;
      url = next ? this.toNext(next, path) : undefined;
    }
  }

  /** Ends the wait for calls that the plan did not allow yet. */
  close(): void {
    this.closed.abort();
  }

  private toUrl(path: string, query: Query): URL {
    const url = new URL(this.settings.url.replace(/\/+$/, '') + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return url;
  }

  /** The path and query of the next page at the configured address: the key is sent nowhere else. */
  private toNext(next: string, path: string): URL {
    if (!URL.canParse(next)) throw this.invalid(`the next page of ${path} has no valid address`);
    const { pathname, searchParams } = new URL(next);
    return this.toUrl(pathname, Object.fromEntries(searchParams));
  }

  private async request(url: URL, signal: AbortSignal, retries: number): Promise<Envelope | null> {
    this.assertKey();
    try {
      return await this.limit(() =>
        pRetry(() => rejectOnAbort(this.call(url, signal), signal), {
          retries,
          minTimeout: this.retryMs,
          maxTimeout: MAX_WAIT_MS,
          randomize: true,
          signal,
          shouldRetry: ({ error }) => error instanceof Passing && error.waitMs <= MAX_WAIT_MS,
          onFailedAttempt: async ({ error, retriesLeft }) => {
            if (error instanceof Passing && retriesLeft > 0 && error.waitMs <= MAX_WAIT_MS)
              await sleep(error.waitMs, undefined, { signal });
          },
        }),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Passing)) throw error;
      throw new PipelineError('EOD_SOURCE_MISSING', `Massive: ${url.pathname}: ${error.message}`, {
        hint: `nothing of this session was imported; run again later, or check import.massive.url (${this.settings.url}) and import.massive.callsPerMinute`,
        cause: error,
      });
    }
  }

  /** @throws Passing, or EOD_SOURCE_INVALID for what another attempt would not change */
  private async attempt(url: URL, signal: AbortSignal): Promise<Envelope | null> {
    const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
    try {
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${this.assertKey()}`, accept: 'application/json' },
        redirect: 'error',
        signal: AbortSignal.any([signal, timeout]),
      });
      return this.read(url, response, await readText(response));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Passing || error instanceof PipelineError) throw error;
      if (timeout.aborted) throw new Passing(`no answer within ${CALL_TIMEOUT_MS / 1000} s`);
      throw new Passing(describeFailure(error));
    }
  }

  private read(url: URL, { status, headers, ok }: Response, text: string): Envelope | null {
    if (status === 429) throw new Passing('the API allows no more calls for now (429)', toWaitMs(headers));
    if (status >= 500) throw new Passing(`the API answered ${status}`, toWaitMs(headers));
    const answer = parseAnswer(text);
    const said = toSaid(answer);
    if (status === 401) {
      throw this.invalid(`the API refuses the key (401)${said}`, 'check MASSIVE_API_KEY: it may have expired');
    }
    if (status === 403) {
      const hint = 'the plan of the key may not include this, or not for this session: https://massive.com/pricing';
      throw this.invalid(`the API does not allow ${url.pathname} (403)${said}`, hint);
    }
    if (status === 404) return null;
    if (!ok) throw this.invalid(`the API refuses ${url.pathname} (${status})${said}`);
    if (answer === undefined) {
      const type = headers.get('content-type')?.split(';')[0] ?? 'no type';
      throw new Passing(`the answer is not complete JSON (${type}, ${text.length} characters)`);
    }
    if (answer.status === 'ERROR') throw this.invalid(`the API failed on ${url.pathname}${said}`);
    return answer;
  }

  private invalid(message: string, hint?: string): PipelineError {
    return new PipelineError('EOD_SOURCE_INVALID', `Massive: ${message}`, {
      hint:
        hint ??
        `nothing of this session was imported; check import.massive.url (${this.settings.url}), or run again later`,
    });
  }
}

/** Without waiting for the work, which may not have begun. */
function rejectOnAbort<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const listener = addAbortListener(signal, () => reject(signal.reason as Error));
    work.then(resolve, reject).finally(() => listener[Symbol.dispose]());
  });
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new Passing(`the answer has more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseAnswer(text: string): Envelope | undefined {
  try {
    return envelopeSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What the API says about a failure, in one line. */
function toSaid(answer: Envelope | undefined): string {
  const text = (answer?.error ?? answer?.message ?? '').replaceAll(/\s+/g, ' ').trim().slice(0, TEXT_LIMIT);
  return text === '' ? '' : `: ${text}`;
}

/** `Retry-After`: seconds, or a date by the clock of the server; none or an unreadable one is no wait. */
function toWaitMs(headers: Headers): number {
  const text = headers.get('retry-after')?.trim() ?? '';
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.parse(headers.get('date') ?? '');
  return Number.isFinite(wait) ? Math.max(0, wait) : 0;
}

/** `fetch` says only that it failed; the reason is its cause. */
function describeFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause ? `${cause.message || 'no connection'} (${String(cause.code)})` : cause.message;
}
