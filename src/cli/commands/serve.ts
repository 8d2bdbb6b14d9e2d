import { PipelineError } from '../../index.js';
import { loadCliConfig, type Command, type GlobalOptions } from '../command.js';

interface ServeOptions extends GlobalOptions {
  readonly host?: string;
  readonly port?: string;
}

export const serveCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('serve')
      .summary('serve the HTTP API and run the schedule')
      .description(
        'Serves the HTTP API with its description at /docs, delivers events to Redis and follows the schedule, until Ctrl-C or\n' +
          'SIGTERM: then the current run finishes (http.onStop) and waiting events are delivered. A second signal exits at once.',
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
        // Imported here so that other commands do not load the HTTP service.
        const { runService } = await import('../service.js');
        await runService(loaded, terminal, options.json ?? false);
        setExitCode(0);
      });
  },
};

/** @throws EOD_USAGE */
function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new PipelineError('EOD_USAGE', `--port is "${text}"; allowed is a whole number from 0 to 65535`, {
    hint: 'for example --port 8081, or --port 0 for a free one',
  });
}
