import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openServer } from '../../bench/support/bench-server.js';
import { startRedis } from '../../test/support/redis.js';
import { Caller } from './caller.js';
import { holdTable } from './held-table.js';
import { Listener } from './listener.js';
import type { Capture, Exchange } from './recorded.js';
import { startService } from './service.js';

/** Half past four in the afternoon in New York, half an hour after the close. */
const [FIRST_EVENING, EVENING] = ['2026-06-29T20:30:00Z', '2026-06-30T20:30:00Z'];
const [FAILING_SESSION, FAILING_EVENING] = ['2026-07-01', '2026-07-01T20:30:00Z'];
/** The audit and the answers show it as a fingerprint only. */
const KEY = 'key-of-the-hand-over-document';
/** A younger run has no estimate of its end. */
const ESTIMATES_AFTER_MS = 1200;
const NO_JOB = '00000000-0000-4000-8000-000000000404';

interface Stage {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly exchanges: Map<string, Exchange>;
  readonly listener: Listener;
}

/**
 * Runs three evenings on the sample market with a real PostgreSQL, a real Redis and `tickstock serve` as a process, and stores requests,
 * answers and messages.
 *
 *  1. The first evening: keys, refusals, the first publish (`playFirstEvening`).
 *  2. An ordinary evening with every route, as the consumer calls them: the key on cache sync alone (`playEvening`).
 *  3. An evening that fails: a file of the source is truncated (`playFailingEvening`).
 */
export async function capture(): Promise<Capture> {
  const server = await openServer(process.env['DATABASE_URL']);
  const redis = await startRedis();
  try {
    const listener = await Listener.open(redis);
    const exchanges = new Map<string, Exchange>();
    const common = { redisUrl: redis.url, exchanges, listener };
    const stage = { ...common, databaseUrl: await server.create('tickstock_callback') };
    await playFirstEvening(stage);
    const { evening, cancelled } = await playEvening(stage);
    const failed = await playFailingEvening({
      ...common,
      databaseUrl: await server.create('tickstock_callback_failing'),
    });
    return {
      exchanges,
      heard: listener.heard,
      streamEntry: await listener.readStreamEntry(evening),
      runs: { evening, cancelled, failed },
      database: server.name,
      redis: await listener.version(),
    };
  } finally {
    await redis.stop();
    await server.close();
  }
}

async function playFirstEvening(stage: Stage): Promise<void> {
  await withService(stage, FIRST_EVENING, { TICKSTOCK_IMPORT_SOURCE: 'sample' }, async (service) => {
    await service.call('/api/processing/status', { status: 401, as: 'no key' });
    await service.call('/api/processing/status', { key: 'wrong', status: 401, as: 'wrong key' });
    await service.call('/api/processing/cache-sync/trigger', {
      method: 'POST',
      key: KEY,
      body: { mode: 'full' },
      status: 409,
      as: 'nothing imported',
    });
    const { run_id: runId } = await service.call('/api/processing/trigger-manual', {
      method: 'POST',
      key: KEY,
      body: {},
    });
    await service.untilIdle(KEY);
    await stage.listener.untilEnd(String(runId));
  });
}

async function playEvening(stage: Stage): Promise<{ evening: string; cancelled: string }> {
  const settings = { TICKSTOCK_IMPORT_SOURCE: 'sample', TICKSTOCK_HTTP_TRUST_LOOPBACK: 'true' };
  return withService(stage, EVENING, settings, async (service) => {
    await service.call('/health', { as: 'health' });
    await service.call('/api/processing/status', { as: 'status idle' });
    const evening = await playRun(stage, service);
    await playCacheSync(stage, service);
    await playSinglePhases(service, evening);
    await playSchedule(service);
    const cancelled = await playCancel(stage, service);
    await service.call('/api/processing/history?days=7', { as: 'history' });
    await playReplay(stage, service, evening);
    return { evening, cancelled };
  });
}

/** The run of an evening: delayed by a second, so that it has an estimate of its end, and observed while it waits in its last phase. */
async function playRun({ databaseUrl, listener }: Stage, service: Caller): Promise<string> {
  const entries = await holdTable(databaseUrl, 'cache_entries');
  const indicators = await holdTable(databaseUrl, 'daily_indicators');
  const body = { skip_market_check: false, phases: ['all'] };
  const { run_id: started } = await service.call('/api/processing/trigger-manual', {
    method: 'POST',
    body,
    as: 'trigger-manual',
  });
  const runId = String(started);
  await entries.untilWaitedFor();
  await delay(ESTIMATES_AFTER_MS);
  await entries.release();
  await indicators.untilWaitedFor();
  await service.call('/api/processing/status', { as: 'status running' });
  await service.call('/api/processing/trigger-manual', {
    method: 'POST',
    body,
    status: 409,
    as: 'trigger-manual busy',
  });
  await indicators.release();
  await listener.untilEnd(runId);
  await service.untilIdle(null);
  return runId;
}

async function playCacheSync({ databaseUrl, listener }: Stage, service: Caller): Promise<void> {
  const path = '/api/processing/cache-sync';
  const trigger = async (body: object, as?: string): Promise<string> => {
    const answer = await service.call(`${path}/trigger`, {
      method: 'POST',
      key: KEY,
      body,
      status: 202,
      ...(as && { as }),
    });
    return String(answer['job_id']);
  };
  const entries = await holdTable(databaseUrl, 'cache_entries');
  const jobId = await trigger({ mode: 'full', force: false }, 'cache-sync trigger');
  await entries.untilWaitedFor();
  await service.call(`${path}/status/${jobId}`, { key: KEY, as: 'cache-sync status running' });
  await entries.release();
  await listener.untilEnd(jobId);
  await service.untilIdle(null);
  await service.call(`${path}/status/${jobId}`, { key: KEY, as: 'cache-sync status' });
  await service.call(`${path}/status/${NO_JOB}`, { key: KEY, status: 404, as: 'cache-sync status unknown' });
  const wrong = { mode: 'everything', forced: true };
  await service.call(`${path}/trigger`, {
    method: 'POST',
    key: KEY,
    body: wrong,
    status: 400,
    as: 'cache-sync trigger wrong',
  });
  await listener.untilEnd(await trigger({ mode: 'themes' }));
  await service.untilIdle(null);
  await service.call(`${path}/history?limit=1&offset=0`, { key: KEY, as: 'cache-sync history' });
  await service.call(`${path}/stats`, { key: KEY, as: 'cache-sync stats' });
}

async function playSinglePhases(service: Caller, runId: string): Promise<void> {
  for (const [name, body] of [
    ['trigger-import', { universes: ['top_500'], timeframes: ['daily'], lookback_days: 30 }],
    ['retry-imports', { original_run_id: runId, symbols: ['AAPL'] }],
    ['trigger-indicators', { timeframe: 'daily', symbols: ['AAPL'], indicators: ['rsi'] }],
  ] as const) {
    await service.call(`/api/processing/${name}`, { method: 'POST', body, as: name });
    await service.untilIdle(null);
  }
}

async function playSchedule(service: Caller): Promise<void> {
  await service.call('/api/processing/schedule', { as: 'schedule' });
  const body = { enabled: true, trigger_time: '16:10', market_check: true, universes: ['top_500'] };
  await service.call('/api/processing/schedule', { method: 'POST', body, as: 'schedule set' });
}

async function playCancel({ databaseUrl, listener }: Stage, service: Caller): Promise<string> {
  const indicators = await holdTable(databaseUrl, 'daily_indicators');
  const { run_id: runId } = await service.call('/api/processing/trigger-manual', { method: 'POST', body: {} });
  await indicators.untilWaitedFor();
  await service.call('/api/processing/cancel', { method: 'DELETE', as: 'cancel' });
  await listener.untilEnd(String(runId));
  await indicators.release();
  await service.untilIdle(null);
  await service.call('/api/processing/cancel', { method: 'DELETE', status: 409, as: 'cancel idle' });
  return String(runId);
}

/** The events that a consumer reads again after it was away. */
async function playReplay({ listener }: Stage, service: Caller, runId: string): Promise<void> {
  const seen = listener.heard.find(
    ({ body }) => body.event === 'cache_sync_completed' && body.payload['job_id'] === runId,
  );
  await service.call(`/api/events?after=${seen?.body.event_id}&limit=1`, { as: 'events' });
}

async function playFailingEvening(stage: Stage): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tickstock-screener-'));
  try {
    await mkdir(join(folder, FAILING_SESSION));
    for (const exchange of ['nasdaq', 'nyse', 'amex']) {
      await writeFile(
        join(folder, FAILING_SESSION, `${exchange}.json`),
        '[{"symbol":"AAPL","name":"Apple Inc.","lasts',
      );
    }
    const settings = { TICKSTOCK_IMPORT_SOURCE: 'screener', TICKSTOCK_IMPORT_DIR: folder };
    return await withService(stage, FAILING_EVENING, settings, async (service) => {
      const { run_id: runId } = await service.call('/api/processing/trigger-manual', {
        method: 'POST',
        key: KEY,
        body: {},
      });
      await stage.listener.untilEnd(String(runId));
      return String(runId);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function withService<Result>(
  { databaseUrl, redisUrl, exchanges }: Stage,
  evening: string,
  settings: Readonly<Record<string, string>>,
  work: (service: Caller) => Promise<Result>,
): Promise<Result> {
  const connections = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, TICKSTOCKPL_API_KEY: KEY };
  const service = await startService({ evening, environment: { ...connections, ...settings } });
  try {
    return await work(new Caller(service.address, KEY, exchanges));
  } finally {
    await service.stop();
  }
}
