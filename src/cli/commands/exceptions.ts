import type { Command as CommanderCommand } from 'commander';
import type { ExceptionRecord } from '../../index.js';
import {
  describeUser,
  loadCliConfig,
  parseCountOption,
  parseNumber,
  withoutRedis,
  withPipeline,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { bold, hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import { formatTable, widthOf } from '../table.js';
import { CSV_HELP, writeCsv } from '../csv.js';

interface ListOptions extends GlobalOptions {
  readonly all?: boolean;
  readonly limit: string;
  readonly csv?: boolean;
}

const COLUMNS = ['id', 'session', 'symbol', 'name', 'reason', 'subject', 'proposal', 'state', 'message'] as const;

interface ApprovalOptions extends GlobalOptions {
  readonly ratio?: string;
}

type Register = (exceptions: CommanderCommand, terminal: Terminal, setExitCode: (code: number) => void) => void;

export const exceptionsCommand: Command = {
  register(program, terminal, setExitCode) {
    const exceptions = program
      .command('exceptions')
      .argument('[symbol]', 'of one symbol only')
      .summary('list, approve and reject doubtful figures')
      .description(
        'Lists figures and identities of single securities that a person must decide about, and what is used meanwhile: a price that moved like that of a split without a known action, a newcomer that is probably a security which left, two stocks that may be classes of one company.',
      )
      .option('--all', 'include decided and superseded ones')
      .option('--limit <count>', 'maximum number of exceptions', '50')
      .option('--csv', CSV_HELP)
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock exceptions\n  tickstock exceptions show 12\n  tickstock exceptions approve 12 --ratio 4:1\n' +
          '  tickstock exceptions reject 12\n',
      )
      .action(async (symbol: string | undefined, _: unknown, command: { optsWithGlobals(): ListOptions }) => {
        const options = command.optsWithGlobals();
        const limit = parseCountOption(options.limit, '--limit');
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const found = await pipeline.exceptions.list({ symbol, state: options.all ? 'all' : 'open', limit });
          if (options.json) writeJson(terminal, found);
          else if (options.csv) writeCsv(terminal, COLUMNS, found);
          else writeExceptions(terminal, found, options.all ?? false);
          setExitCode(0);
        });
      });
    for (const register of [registerShow, registerApprove, registerReject]) register(exceptions, terminal, setExitCode);
  },
};

const registerShow: Register = (exceptions, terminal, setExitCode) => {
  exceptions
    .command('show')
    .argument('<id>', 'number of the exception')
    .description('show what is doubted, the figures, and what deciding does')
    .addHelpText('after', '\nExamples:\n  tickstock exceptions show 12\n  tickstock exceptions show 12 --json\n')
    .action(async (text: string, _: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
      const options = command.optsWithGlobals();
      const id = parseNumber(text, 'exception', 'tickstock exceptions');
      await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
        const found = await pipeline.exceptions.get(id);
        if (options.json) writeJson(terminal, found);
        else writeException(terminal, found);
        setExitCode(0);
      });
    });
};

const registerApprove: Register = (exceptions, terminal, setExitCode) => {
  exceptions
    .command('approve')
    .argument('<id>', 'number of the exception')
    .description('say that it is so; of a price, record the split that explains it: the proposed one, or another ratio')
    .option('--ratio <new:old>', 'shares after : shares before, such as 4:1 or 1:25')
    .addHelpText(
      'after',
      '\nExamples:\n  tickstock exceptions approve 12\n  tickstock exceptions approve 12 --ratio 4:1\n',
    )
    .action(async (text: string, _: unknown, command: { optsWithGlobals(): ApprovalOptions }) => {
      const options = command.optsWithGlobals();
      const id = parseNumber(text, 'exception', 'tickstock exceptions');
      await decide(terminal, options, async (worklist) =>
        worklist.approve(id, { by: describeUser(), ratio: options.ratio }),
      );
      setExitCode(0);
    });
};

const registerReject: Register = (exceptions, terminal, setExitCode) => {
  exceptions
    .command('reject')
    .argument('<id>', 'number of the exception')
    .description('say that it is not so: the price moved by itself, or the tickers are two')
    .addHelpText('after', '\nExample:\n  tickstock exceptions reject 12\n')
    .action(async (text: string, _: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
      const options = command.optsWithGlobals();
      const id = parseNumber(text, 'exception', 'tickstock exceptions');
      await decide(terminal, options, async (worklist) => worklist.reject(id, { by: describeUser() }));
      setExitCode(0);
    });
};

async function decide(
  terminal: Terminal,
  options: GlobalOptions,
  work: (exceptions: Parameters<Parameters<typeof withPipeline>[2]>[0]['exceptions']) => Promise<ExceptionRecord>,
): Promise<void> {
  const config = withoutRedis(loadCliConfig(options, terminal));
  await withPipeline(terminal, { config, schema: 'require' }, async (pipeline) => {
    const { id, state, ...decided } = await work(pipeline.exceptions);
    if (options.json) writeJson(terminal, { id, state, ...decided });
    else
      writeLine(
        terminal.out,
        `${state === 'approved' ? 'Approved' : 'Rejected'}: exception ${id}. ${toSentence(decided.next)}`,
      );
  });
}

function writeExceptions(terminal: Terminal, found: readonly ExceptionRecord[], isAll: boolean): void {
  const [first] = found;
  if (first === undefined) {
    writeLine(
      terminal.out,
      isAll
        ? 'There are no exceptions, open or decided.'
        : 'There are no open exceptions. All of them: tickstock exceptions --all',
    );
    return;
  }
  writeLine(
    terminal.out,
    formatTable(
      [
        { title: 'id', align: 'right' },
        { title: 'session' },
        { title: 'symbol' },
        { title: 'reason' },
        { title: 'doubted' },
        { title: 'proposal', align: 'right' },
        ...(isAll ? [{ title: 'state' }] : []),
      ],
      found.map(({ id, session, symbol, reason, subject, proposal, state }) => [
        String(id),
        session,
        symbol,
        reason,
        subject,
        proposal ?? '',
        ...(isAll ? [state] : []),
      ]),
      widthOf(terminal),
    ),
  );
  writeLine(terminal.out, `\n  Next: tickstock exceptions show ${first.id}`);
}

function writeException(terminal: Terminal, found: ExceptionRecord): void {
  const { id, symbol, name, session, message, meanwhile, state, decidedBy, decidedAt, reason } = found;
  const title = `Exception ${id}: ${symbol}${name === null ? '' : `, ${name}`}, ${session}`;
  const lines = [
    bold(title, hasColor(terminal, terminal.out)),
    `  ${reason}: ${message}.`,
    `  Meanwhile: ${meanwhile}.`,
    ...(state === 'open'
      ? [
          `  tickstock exceptions approve ${id}   ${found.onApprove}`,
          `  tickstock exceptions reject ${id}    ${found.onReject}`,
          `  Undecided, ${found.undecided}.`,
        ]
      : [
          `  ${state}${decidedBy === null ? '' : ` by ${decidedBy}`}${decidedAt === null ? '' : ` on ${decidedAt.slice(0, 10)}`}.`,
        ]),
  ];
  writeLine(terminal.out, lines.join('\n'));
}

function toSentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
