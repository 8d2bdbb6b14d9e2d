import {
  NOT_ACCEPTED_EXIT_CODE,
  PipelineError,
  type NotificationRecord,
  type Pipeline,
  type TestResult,
} from '../../index.js';
import { loadCliConfig, parseCountOption, withReadOnlyPipeline, type Command, type GlobalOptions } from '../command.js';
import { formatInstant, writeJson, writeLine, type Terminal } from '../output.js';
import { formatTable, widthOf } from '../table.js';
import { CSV_HELP, writeCsv } from '../csv.js';

interface ListOptions extends GlobalOptions {
  readonly limit?: string;
  readonly csv?: boolean;
}

const COLUMNS = ['createdAt', 'channel', 'state', 'title', 'error'] as const;

const NOTHING = 'no one is notified: neither notify.webhook, notify.slack nor notify.command is set';
const HOW = 'set one in tickstock.yaml, or TICKSTOCK_NOTIFY_SLACK_URL; `tickstock config` lists the settings';

export const notifyCommand: Command = {
  register(program, terminal, setExitCode) {
    const notify = program
      .command('notify')
      .summary('show and test the notifications of people')
      .description(
        'Shows where people are notified of late, missed and held sessions, failed runs and exceptions, and what was sent.\n' +
          'Runs send them, and services: `tickstock serve`. Section notify of tickstock.yaml says where to.',
      )
      .option('--limit <number>', 'messages to show', '20')
      .option('--csv', CSV_HELP)
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock notify\n  tickstock notify --limit 100 --json\n  tickstock notify test\n',
      )
      .action(async (_: unknown, command: { optsWithGlobals(): ListOptions }) => {
        const options = command.optsWithGlobals();
        const limit = parseCountOption(options.limit ?? '', '--limit');
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          writeList(terminal, options, pipeline, await pipeline.notifications.list({ limit }));
          setExitCode(0);
        });
      });
    notify
      .command('test')
      .description(
        `send a message to every channel now; exit code ${NOT_ACCEPTED_EXIT_CODE} when one does not accept it`,
      )
      .addHelpText('after', '\nExample:\n  tickstock notify test\n')
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
        const options = command.optsWithGlobals();
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          if (pipeline.notifications.channels.length === 0) throw nothingConfigured();
          const results = await pipeline.notifications.test();
          writeResults(terminal, options, results);
          setExitCode(results.every(({ error }) => error === null) ? 0 : NOT_ACCEPTED_EXIT_CODE);
        });
      });
  },
};

function writeList(
  terminal: Terminal,
  { json, csv }: ListOptions,
  { notifications }: Pipeline,
  messages: readonly NotificationRecord[],
): void {
  const { channels } = notifications;
  if (json) return writeJson(terminal, { channels, notifications: messages });
  if (csv) {
    const rows = messages.map(({ message, ...sent }) => ({ ...sent, title: message.title }));
    return writeCsv(terminal, COLUMNS, rows);
  }
  writeLine(
    terminal.out,
    channels.length === 0 ? `  ${NOTHING}\n  ${HOW}` : formatChannels(channels, widthOf(terminal)),
  );
  if (messages.length === 0) return;
  writeLine(terminal.out, '');
  writeLine(
    terminal.out,
    formatTable(
      [{ title: 'sent' }, { title: 'to' }, { title: 'state' }, { title: 'message' }],
      messages.map(({ createdAt, channel, state, message, error }) => [
        formatInstant(createdAt.toISOString()),
        channel,
        state,
        error === null ? message.title : `${message.title}: ${error}`,
      ]),
      widthOf(terminal),
    ),
  );
}

function formatChannels(channels: Pipeline['notifications']['channels'], width: number | undefined): string {
  return formatTable(
    [{ title: 'channel' }, { title: 'receiver' }],
    channels.map(({ id, target }) => [id, target]),
    width,
  );
}

function writeResults(terminal: Terminal, { json }: GlobalOptions, results: readonly TestResult[]): void {
  if (json) return writeJson(terminal, results);
  const rows = results.map(({ channel, target, error }) => [channel, target, error ?? 'accepted']);
  writeLine(
    terminal.out,
    formatTable([{ title: 'channel' }, { title: 'receiver' }, { title: 'answer' }], rows, widthOf(terminal)),
  );
}

function nothingConfigured(): PipelineError {
  return new PipelineError('EOD_CONFIG_INVALID', NOTHING, { hint: HOW });
}
