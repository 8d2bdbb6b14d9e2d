import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import autocannon from 'autocannon';

/** Measurements of one process of callers. */
export interface CallersOutcome {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Answers other than 200, and broken connections. */
  readonly failures: number;
  /** Duration; of the run if one was started. */
  readonly durationMs: number;
}

const LOOK_MS = 200;
const WARM_UP_MS = 2000;

/**
 * Callers in a process of their own: `node callers-process.js ADDRESS KEY PATH CALLERS EVERY-MS SECONDS` prints its measurements as JSON.
 *
 * EVERY-MS is the interval of each caller, on a connection of its own; with 0 it requests again as soon as it is answered, using
 * autocannon. With SECONDS 0 a run is started and requests are sent for as long as it lasts.
 */
const [address = '', key = '', path = '', callers = '1', everyMs = '0', seconds = '0'] = process.argv.slice(2);
const headers = { 'x-api-key': key };

/**
 * Each caller requests at fixed times. If the previous answer was late and kept a request waiting, its time counts from the planned time.
 * If this process was late itself, it counts from the actual time. (autocannon with a rate sends the requests of a second in one burst.)
 *
 * @param begin called when all connections are open and the first answers have arrived; earlier answers do not count
 */
async function poll(begin: () => Promise<Promise<void>[]>): Promise<CallersOutcome> {
  const interval = Number(everyMs);
  const over = new AbortController();
  const latenciesMs: number[] = [];
  let failures = 0;
  let countFromMs = Infinity;
  const firstMs = performance.now();
  const caller = async (_: unknown, index: number): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let answeredAtMs = 0;
    for (let due = firstMs + (interval * index) / Number(callers); !over.signal.aborted; due += interval) {
      await delay(Math.max(0, due - performance.now()));
      const startMs = answeredAtMs > due ? due : performance.now();
      if (!(await ask(agent))) failures += 1;
      answeredAtMs = performance.now();
      if (due >= countFromMs) latenciesMs.push(answeredAtMs - startMs);
    }
    agent.destroy();
  };
  const all = Promise.all(Array.from({ length: Number(callers) }, caller));
  await delay(WARM_UP_MS);
  countFromMs = performance.now();
  const [end] = await begin();
  await end;
  over.abort();
  const durationMs = performance.now() - countFromMs;
  await all;
  const ascending = latenciesMs.toSorted((left, right) => left - right);
  const at = (share: number): number => ascending[Math.ceil(ascending.length * share) - 1] ?? NaN;
  const requests = latenciesMs.length;
  const requestsPerSecond = (requests / durationMs) * 1000;
  return { requests, requestsPerSecond, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), failures, durationMs };
}

function ask(agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    get(`${address}${path}`, { agent, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode === 200));
    }).once('error', () => resolve(false));
  });
}

async function hammer([end = Promise.resolve()]: Promise<void>[]): Promise<CallersOutcome> {
  const startedAt = performance.now();
  const result = new Promise<autocannon.Result>((resolve, reject) => {
    const options = { url: `${address}${path}`, headers, connections: Number(callers), duration: 600 };
    const load = autocannon(options, (error, outcome) => (error ? reject(error) : resolve(outcome)));
    void end.then(() => load.stop());
  });
  await end;
  const durationMs = performance.now() - startedAt;
  const { latency, requests, non2xx, errors } = await result;
  return {
    requests: requests.total,
    requestsPerSecond: (requests.total / durationMs) * 1000,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    maxMs: latency.max,
    failures: non2xx + errors,
    durationMs,
  };
}

/** Starts a run and returns a promise of its end; in a list, because a plain promise would be awaited. */
async function startRun(): Promise<Promise<void>[]> {
  const started = await fetch(`${address}/api/processing/trigger-manual`, { method: 'POST', headers });
  const { run_id: runId, message } = (await started.json()) as { run_id?: string; message: string };
  if (runId === undefined) throw new Error(message);
  const untilEnd = async (): Promise<void> => {
    let status = 'running';
    while (status === 'running') {
      await delay(LOOK_MS);
      ({ status } = (await (await fetch(`${address}/api/runs/${runId}`, { headers })).json()) as { status: string });
    }
    if (status !== 'completed') throw new Error(`the run ended: ${status}`);
  };
  return [untilEnd()];
}

const begin = async (): Promise<Promise<void>[]> =>
  Number(seconds) === 0 ? startRun() : [delay(Number(seconds) * 1000)];
process.stdout.write(JSON.stringify(await (Number(everyMs) > 0 ? poll(begin) : hammer(await begin()))));
