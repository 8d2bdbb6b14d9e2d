import { request } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import pg from 'pg';
import { createServer, listen } from '../../src/http/index.js';
import { createPipeline, type Clock, type Config, type Phase, type Pipeline } from '../../src/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ScreenerFiles, type ScreenerRow } from '../support/screener-files.js';

export const KEY = 'test-key-0123456789abcdef';
export const SESSION = '2026-06-30';
/** Six in the evening in New York; the clock continues from there. */
const EVENING_MS = Date.parse('2026-06-30T22:00:00Z');

export interface ServiceOptions {
  readonly http?: Partial<Config['http']>;
  /** Additional phases, built with the pool they may use. */
  readonly phases?: (pool: pg.Pool) => readonly Phase[];
  readonly logger?: FastifyBaseLogger;
  readonly answerWithinMs?: number;
  /** Address the pool connects to; default: the database itself. */
  readonly toUrl?: (databaseUrl: string) => string;
  readonly listening?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body parsed as JSON; empty when it is not JSON. */
  readonly body: Record<string, unknown>;
}

export interface CallOptions {
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, text unchanged. */
  readonly body?: unknown;
}

/** A server as it runs for a consumer: on a free port, with a real database and the screener files of one session. */
export interface TestService {
  readonly address: string;
  readonly server: FastifyInstance;
  readonly pipeline: Pipeline;
  readonly test: TestDatabase;
  readonly files: ScreenerFiles;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Runs everything once and waits for the end. */
  runOnce(): Promise<string>;
  /** Waits until no run is under way in this process. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export async function startService(options: ServiceOptions = {}): Promise<TestService> {
  const test = await createTestDatabase();
  const files = await ScreenerFiles.create();
  await files.writeSession(SESSION, { nasdaq: stocks() });
  const pool = new pg.Pool({ connectionString: options.toUrl?.(test.url) ?? test.url, max: 6 });
  pool.on('error', () => undefined);
  const clock: Clock = { now: () => EVENING_MS + Math.floor(performance.now()) };
  const http = { host: '127.0.0.1', port: 0, apiKeys: [KEY], ...options.http };
  const pipeline = await createPipeline({
    database: pool,
    clock,
    config: { options: { import: { source: 'screener', dir: files.dir }, http } },
    phases: options.phases?.(pool) ?? [],
  });
  const { logger, answerWithinMs } = options;
  const server = await createServer(pipeline, { ...(logger && { logger }), ...(answerWithinMs && { answerWithinMs }) });
  const address = options.listening === false ? '' : await listen(server, pipeline.config.http);
  return {
    address,
    server,
    pipeline,
    test,
    files,
    call: (method, path, call = {}) => send(`${address}${path}`, method, call),
    runOnce: async () => {
      const { runId, finished } = await pipeline.start();
      const { error } = await finished;
      if (error) throw error;
      return runId;
    },
    idle: async () => {
      while (pipeline.current() !== null) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    close: async () => {
      await server.close();
      await pipeline.close();
      await pool.end();
      await files.remove();
      await test.drop();
    },
  };
}

/** Starts a service with the given section `http`, and closes it after `work`. */
export async function withService(
  http: ServiceOptions['http'],
  work: (service: TestService) => Promise<void>,
): Promise<void> {
  const service = await startService({ ...(http && { http }) });
  try {
    await work(service);
  } finally {
    await service.close();
  }
}

/** Forty stocks of 1 to 40 billion dollars, SBN the largest. */
export function stocks(factor = 1): ScreenerRow[] {
  return Array.from({ length: 40 }, (_, index) => ({
    symbol: `S${String.fromCharCode(65 + Math.floor(index / 26), 65 + (index % 26))}`,
    marketCap: String(Math.round((index + 1) * 1e9 * factor)),
  }));
}

/** Instead of fetch, which neither lets a caller set `Host` nor sends malformed requests. */
export function send(
  url: string,
  method: string,
  { key = KEY, headers = {}, body }: CallOptions = {},
): Promise<Answer> {
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const all = {
    ...(key !== null && { 'x-api-key': key }),
    ...(payload !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: all, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('error', reject);
      response.once('end', () => {
        const { statusCode = 0, headers: received } = response;
        resolve({ status: statusCode, headers: received, text, body: toJson(text) });
      });
    });
    outgoing.once('error', reject);
    outgoing.end(payload);
  });
}

/** A phase after the shipped ones that blocks until the gate is opened, as a long run does. */
export function createGate(): {
  readonly phase: (pool: pg.Pool) => Phase;
  open(): void;
  readonly isEntered: Promise<void>;
} {
  let enter: () => void = () => undefined;
  let release: () => void = () => undefined;
  const isEntered = new Promise<void>((resolve) => (enter = resolve));
  const isOpen = new Promise<void>((resolve) => (release = resolve));
  const report = { summary: 'waited', changed: false, counters: {}, warnings: [], details: {} };
  const phase = (pool: pg.Pool): Phase => ({
    id: 'gate',
    title: 'Gate',
    ordinal: 4,
    needs: [],
    run: async (context) => {
      const task = context.progress.startTask('wait', 'Waiting', 4);
      task.advance(1, 'first');
      enter();
      await Promise.race([
        isOpen,
        new Promise((_, reject) =>
          context.signal.addEventListener('abort', () => reject(context.signal.reason as Error)),
        ),
      ]);
      const client = await pool.connect();
      try {
        await client.query('begin');
        await context.completeIn(client, report);
        await client.query('commit');
      } finally {
        client.release();
      }
      return report;
    },
  });
  return { phase, open: () => release(), isEntered };
}

function toJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
