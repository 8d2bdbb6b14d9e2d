import { readFile } from 'node:fs/promises';
import type { Command as CommanderCommand } from 'commander';
import { parse } from 'csv-parse/sync';
import { parseSessionDate, PipelineError, type ActionEntry, type CorporateAction } from '../../index.js';
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
import { formatCount, writeJson, writeLine, type Terminal } from '../output.js';
import { formatActionSource, formatActionValue } from '../security-text.js';
import { formatTable, widthOf } from '../table.js';
import { CSV_HELP, writeCsv } from '../csv.js';

interface ListOptions extends GlobalOptions {
  readonly all?: boolean;
  readonly since?: string;
  readonly limit: string;
  readonly csv?: boolean;
}

interface EntryOptions extends GlobalOptions {
  readonly force?: boolean;
}

type Register = (actions: CommanderCommand, terminal: Terminal, setExitCode: (code: number) => void) => void;

/** Kinds whose value is an amount; that of others is a ratio. */
const PAYMENTS = new Set(['cash_dividend', 'spin_off', 'merger']);
const COLUMNS = ['symbol', 'session', 'kind', 'ratio', 'amount_usd'];
/** In the order of a listing; `COLUMNS` is what a file has. */
const LISTED = [
  'id',
  'session',
  'symbol',
  'kind',
  'newShares',
  'oldShares',
  'amountUsd',
  'source',
  'enteredBy',
  'knownFrom',
  'knownTo',
] as const;
const NEXT = 'Indicators follow with the next run: tickstock run --phase indicators';

export const actionsCommand: Command = {
  register(program, terminal, setExitCode) {
    const actions = program
      .command('actions')
      .argument('[symbol]', 'of one symbol only')
      .summary('list, enter and withdraw corporate actions')
      .description(
        'Lists splits, dividends and other corporate actions: entered ones, and those derived from the quoted previous closes of the source.',
      )
      .option('--since <date>', 'from that session on')
      .option('--all', 'include withdrawn and superseded ones')
      .option('--limit <count>', 'maximum number of actions', '50')
      .option('--csv', CSV_HELP)
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock actions\n  tickstock actions KLAC\n  tickstock actions add KLAC 2026-06-12 split 10:1\n' +
          '  tickstock actions import splits.csv\n  tickstock actions withdraw 12\n',
      )
      .action(async (symbol: string | undefined, _: unknown, command: { optsWithGlobals(): ListOptions }) => {
        const options = command.optsWithGlobals();
        const limit = parseCountOption(options.limit, '--limit');
        const since = options.since === undefined ? undefined : parseSessionDate(options.since);
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const found = await pipeline.securities.actions({ symbol, since, all: options.all, limit });
          if (options.json) writeJson(terminal, found);
          else if (options.csv) writeCsv(terminal, LISTED, found);
          else writeActions(terminal, found);
          setExitCode(0);
        });
      });
    for (const register of [registerAdd, registerImport, registerWithdraw]) register(actions, terminal, setExitCode);
  },
};

const registerAdd: Register = (actions, terminal, setExitCode) => {
  actions
    .command('add')
    .argument('<symbol>', 'the ticker in that session')
    .argument('<session>', 'the first session with the new price')
    .argument('<kind>', 'split, stock_dividend, unit_change, cash_dividend, spin_off, merger, or none')
    .argument('[value]', 'new:old shares, such as 10:1 or 1:25; USD a share for payments')
    .description('enter a corporate action; none says that the price moved without one')
    .option('--force', 'enter it although the stored closes contradict it')
    .addHelpText(
      'after',
      '\nExamples:\n  tickstock actions add KLAC 2026-06-12 split 10:1\n  tickstock actions add AAPL 2026-02-09 cash_dividend 0.26\n' +
        '  tickstock actions add ERAS 2026-04-23 none\n',
    )
    .action(
      async (
        symbol: string,
        session: string,
        kind: string,
        value: string | undefined,
        _: unknown,
        command: { optsWithGlobals(): EntryOptions },
      ) => {
        const options = command.optsWithGlobals();
        const paid = PAYMENTS.has(kind) ? { amountUsd: value } : { ratio: value };
        const entry = { symbol, session, kind, ...(value !== undefined && paid) };
        await enter(terminal, options, [entry], 'person');
        setExitCode(0);
      },
    );
};

const registerImport: Register = (actions, terminal, setExitCode) => {
  actions
    .command('import')
    .argument('<file>', `CSV with the columns ${COLUMNS.join(', ')}`)
    .description('enter the corporate actions of a CSV file, all or none')
    .option('--force', 'enter also what the stored closes contradict')
    .addHelpText(
      'after',
      '\nColumns: symbol, session (YYYY-MM-DD, the first with the new price), kind, ratio (new:old shares), amount_usd (a share).' +
        '\n\nExample:\n  tickstock actions import splits.csv\n',
    )
    .action(async (file: string, _: unknown, command: { optsWithGlobals(): EntryOptions }) => {
      const options = command.optsWithGlobals();
      await enter(terminal, options, await readEntries(file), 'file');
      setExitCode(0);
    });
};

const registerWithdraw: Register = (actions, terminal, setExitCode) => {
  actions
    .command('withdraw')
    .argument('<id>', 'number of the action')
    .description('take an entered action back; the exception that it settled is open again')
    .addHelpText('after', '\nExample:\n  tickstock actions withdraw 12\n')
    .action(async (text: string, _: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
      const options = command.optsWithGlobals();
      const id = parseNumber(text, 'corporate action', 'tickstock actions');
      const config = withoutRedis(loadCliConfig(options, terminal));
      await withPipeline(terminal, { config, schema: 'require' }, async (pipeline) => {
        await pipeline.securities.withdrawAction(id, { by: describeUser() });
        if (options.json) writeJson(terminal, { withdrawn: id });
        else writeLine(terminal.out, `Withdrawn: corporate action ${id}. ${NEXT}`);
        setExitCode(0);
      });
    });
};

async function enter(
  terminal: Terminal,
  options: EntryOptions,
  entries: readonly ActionEntry[],
  source: 'file' | 'person',
): Promise<void> {
  const config = withoutRedis(loadCliConfig(options, terminal));
  await withPipeline(terminal, { config, schema: 'require' }, async (pipeline) => {
    const recorded = await pipeline.securities.addActions(entries, {
      by: describeUser(),
      source,
      force: options.force,
    });
    if (options.json) writeJson(terminal, { recorded, unchanged: entries.length - recorded });
    else if (recorded === 0) writeLine(terminal.out, 'Nothing changed: all of it is known already.');
    else writeLine(terminal.out, `Recorded: ${formatCount(recorded)} of ${formatCount(entries.length)}. ${NEXT}`);
  });
}

/** @throws EOD_SOURCE_MISSING, EOD_SOURCE_INVALID */
async function readEntries(file: string): Promise<ActionEntry[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new PipelineError('EOD_SOURCE_MISSING', `${file} cannot be read: ${error.code ?? error.message}`, {
      hint: 'name a CSV file that exists',
    });
  });
  const rows = parseRows(file, text);
  const [first] = rows;
  const missing = COLUMNS.slice(0, 3).filter((column) => first !== undefined && !(column in first));
  if (first === undefined || missing.length > 0) {
    const what = first === undefined ? 'has no rows' : `has no column ${missing.join(', ')}`;
    throw new PipelineError('EOD_SOURCE_INVALID', `${file} ${what}`, {
      hint: `its first line is ${COLUMNS.join(',')}`,
    });
  }
  return rows.map((row) => ({
    symbol: row['symbol'] ?? '',
    session: row['session'] ?? '',
    kind: row['kind'] ?? '',
    ratio: row['ratio'],
    amountUsd: row['amount_usd'],
  }));
}

function parseRows(file: string, text: string): Record<string, string>[] {
  try {
    return parse<Record<string, string>>(text, { columns: true, bom: true, trim: true, skip_empty_lines: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PipelineError('EOD_SOURCE_INVALID', `${file} is not valid CSV: ${reason}`, {
      hint: `its first line is ${COLUMNS.join(',')}`,
    });
  }
}

function writeActions(terminal: Terminal, actions: readonly CorporateAction[]): void {
  if (actions.length === 0) {
    writeLine(
      terminal.out,
      'There are no corporate actions. Enter one: tickstock actions add SYMBOL SESSION split 10:1',
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
        { title: 'kind' },
        { title: 'value', align: 'right' },
        { title: 'from' },
        { title: '' },
      ],
      actions.map((action) => [
        String(action.id),
        action.session,
        action.symbol,
        action.kind,
        formatActionValue(action),
        formatActionSource(action),
        action.knownTo === null ? '' : `until ${action.knownTo.slice(0, 10)}`,
      ]),
      widthOf(terminal),
    ),
  );
}
