import { setTimeout as delay } from 'node:timers/promises';
import { assertProtected, createLogger, createServer, listen } from '../http/index.js';
import { createPipeline, type Config, type LoadedConfig, type Logger, type Pipeline } from '../index.js';
import { writeJson, writeLine, type Terminal } from './output.js';

type ServiceLogger = ReturnType<typeof createLogger>;

/** In addition to the time of the run: for open requests, a cancelled run, waiting events and the database. */
const STOP_MARGIN_MS = 15_000;
const DRAIN_MS = 5000;

/** Runs the service until the signal of the terminal. @throws EOD_CONFIG_INVALID, EOD_LISTEN, and as `createPipeline` */
export async function runService(loaded: LoadedConfig, terminal: Terminal, json: boolean): Promise<void> {
  // Checked before the database starts, so that a service that cannot listen starts nothing.
  assertProtected(loaded.config.http);
  terminal.stopWithin(loaded.config.http.stopTimeoutMs + STOP_MARGIN_MS);
  const logger = createLogger(terminal.err, loaded.config.http.logLevel);
  const pipeline = await createPipeline({ config: loaded, logger, signal: terminal.signal, ...terminal.extensions });
  try {
    await serve(pipeline, terminal, logger, json);
  } finally {
    await pipeline.close({ drainMs: DRAIN_MS });
  }
  logger.info({}, 'stopped');
}

/** Waits for the signal. The pipeline closes after the run has ended, so that closing cancels a run only if configured. */
export async function serve(
  pipeline: Pipeline,
  terminal: Terminal,
  logger: ServiceLogger,
  json: boolean,
): Promise<void> {
  const { http } = pipeline.config;
  const server = await createServer(pipeline, { logger });
  try {
    announce(terminal, await listen(server, http), http, json);
    pipeline.service.start();
    await aborted(terminal.signal);
    logger.info({}, 'stopping: new requests are refused');
  } finally {
    // In parallel, so that a database that does not answer does not keep the server open.
    await Promise.all([pipeline.service.stop(), server.close()]);
  }
  // No run can start any more; the current one is the last.
  await endRun(pipeline, http, logger);
}

/** For people one line with a command to try; for scripts the address. */
function announce(terminal: Terminal, address: string, http: Config['http'], json: boolean): void {
  if (json) writeJson(terminal, { address, docs: `${address}/docs`, health: `${address}/health` });
  const key = http.trustLoopback ? '' : '-H "X-API-Key: $TICKSTOCKPL_API_KEY" ';
  writeLine(terminal.err, `Listening on ${address}: try curl ${key}${address}/api/processing/status`);
  if (!assertProtected(http).isClosed) return;
  writeLine(
    terminal.err,
    '  There are no API keys, so every call but GET /health is refused: set TICKSTOCKPL_API_KEY, or\n' +
      '  TICKSTOCK_HTTP_TRUST_LOOPBACK=true to accept programs on this machine without one.',
  );
}

/** Lets the current run finish or cancels it, as configured; a run that exceeds the time is cancelled too. */
async function endRun(pipeline: Pipeline, { onStop, stopTimeoutMs }: Config['http'], logger: Logger): Promise<void> {
  const run = pipeline.current();
  if (run === null || onStop === 'cancel') return;
  const fields = { run_id: run.runId, session: run.session };
  logger.info(fields, `waiting up to ${stopTimeoutMs / 1000} s for the run to finish`);
  const until = performance.now() + stopTimeoutMs;
  while (pipeline.current()?.runId === run.runId && performance.now() < until) await delay(50);
  if (pipeline.current() !== null) logger.warn(fields, 'the run exceeded the time limit and is cancelled');
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
