import { setTimeout as delay } from 'node:timers/promises';
import { assertProtected, createLogger, createServer, listen } from '../../http/index.js';
import { createPipeline, PipelineError, type Config, type Logger, type Pipeline } from '../../index.js';
import { loadCliConfig, type Command, type GlobalOptions } from '../command.js';
import { writeJson, writeLine, type Terminal } from '../output.js';

interface ServeOptions extends GlobalOptions {
  readonly host?: string;
  readonly port?: string;
}

type ServiceLogger = ReturnType<typeof createLogger>;

/** Beside the time a run gets: for requests under way, a cancelled run, the events that wait and the database. */
const STOP_MARGIN_MS = 15_000;
const DRAIN_MS = 5000;

export const serveCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('serve')
      .summary('serve the HTTP API, and start the run of every evening')
      .description(
        'Serves the HTTP API with its description at /docs, delivers events to Redis and follows the schedule, until Ctrl-C or\n' +
          'SIGTERM: then a run under way may finish (http.onStop) and the events that wait are delivered. A second signal ends at once.',
      )
      .option('--host <address>', 'address to listen on; other than loopback only with an API key')
      .option('--port <number>', 'port to listen on; 0 takes a free one')
      .addHelpText(
        'after',
        '\nAPI keys are read from TICKSTOCKPL_API_KEY (comma separated) and the file http.apiKeyFile.\n' +
          '\nExamples:\n' +
          '  TICKSTOCKPL_API_KEY=$(openssl rand -hex 24) tickstock serve\n' +
          '  TICKSTOCK_HTTP_TRUST_LOOPBACK=true tickstock serve --port 8081\n' +
          '  curl -H "X-API-Key: $TICKSTOCKPL_API_KEY" http://127.0.0.1:8080/api/processing/status\n',
      )
      .action(async (_: unknown, command: { optsWithGlobals(): ServeOptions }) => {
        const options = command.optsWithGlobals();
        const port = options.port === undefined ? undefined : parsePort(options.port);
        const loaded = loadCliConfig(options, terminal, { http: { host: options.host, port } });
        // Before a database is started for a service that would refuse to listen.
        assertProtected(loaded.config.http);
        terminal.stopWithin(loaded.config.http.stopTimeoutMs + STOP_MARGIN_MS);
        const logger = createLogger(terminal.err);
        const pipeline = await createPipeline({ config: loaded, logger, signal: terminal.signal });
        try {
          await serve(pipeline, terminal, logger, options.json ?? false);
        } finally {
          await pipeline.close({ drainMs: DRAIN_MS });
        }
        logger.info({}, 'stopped');
        setExitCode(0);
      });
  },
};

/** Until the signal. What ends the pipeline afterwards finds no run that it would have to cancel, unless it was to be. */
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
    pipeline.startService();
    await aborted(terminal.signal);
    logger.info({}, 'stopping: no new requests are taken');
  } finally {
    // Both at once: a database that does not answer must not keep the server open.
    await Promise.all([pipeline.stopService(), server.close()]);
  }
  // Nothing can begin a run any more: the one under way now is the last.
  await endRun(pipeline, http, logger);
}

/** One line for people, with what to try; for scripts the address. */
function announce(terminal: Terminal, address: string, http: Config['http'], json: boolean): void {
  if (json) writeJson(terminal, { address, docs: `${address}/docs`, health: `${address}/health` });
  const key = http.trustLoopback ? '' : '-H "X-API-Key: $TICKSTOCKPL_API_KEY" ';
  writeLine(terminal.err, `Listening on ${address}: try curl ${key}${address}/api/processing/status`);
  if (!assertProtected(http).isClosed) return;
  writeLine(
    terminal.err,
    '  There are no API keys, so every call but GET /health is refused: set TICKSTOCKPL_API_KEY, or\n' +
      '  TICKSTOCK_HTTP_TRUST_LOOPBACK=true to let programs on this machine in without one.',
  );
}

/** Lets the run under way finish, or cancels it, as configured; one that takes too long is cancelled too. */
async function endRun(pipeline: Pipeline, { onStop, stopTimeoutMs }: Config['http'], logger: Logger): Promise<void> {
  const run = pipeline.current();
  if (run === null || onStop === 'cancel') return;
  const fields = { run_id: run.runId, session: run.session };
  logger.info(fields, `waiting up to ${stopTimeoutMs / 1000} s for the run to finish`);
  const until = performance.now() + stopTimeoutMs;
  while (pipeline.current()?.runId === run.runId && performance.now() < until) await delay(50);
  if (pipeline.current() !== null) logger.warn(fields, 'the run took too long and is cancelled');
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** @throws EOD_USAGE */
function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new PipelineError('EOD_USAGE', `--port is "${text}"; allowed is a whole number from 0 to 65535`, {
    hint: 'for example --port 8081, or --port 0 for a free one',
  });
}
