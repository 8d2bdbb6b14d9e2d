import type { Command as CommanderCommand } from 'commander';
import { attachTerminal, systemClock, type HoldRecord } from '../../index.js';
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
import { formatHold, formatHolds } from '../hold-text.js';
import { hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import { toRunJson, writeRunResult } from '../run-result.js';
import { widthOf } from '../table.js';
import { CSV_HELP, writeCsv } from '../csv.js';

interface ListOptions extends GlobalOptions {
  readonly all?: boolean;
  readonly limit?: string;
  readonly csv?: boolean;
}

interface DecisionOptions extends GlobalOptions {
  readonly reason?: string;
}

type Register = (holds: CommanderCommand, terminal: Terminal, setExitCode: (code: number) => void) => void;

const COLUMNS = [
  'id',
  'session',
  'universe',
  'gate',
  'added',
  'removed',
  'heldSince',
  'heldSessions',
  'state',
  'measured',
  'threshold',
  'message',
] as const;

export const holdsCommand: Command = {
  register(program, terminal, setExitCode) {
    const holds = program
      .command('holds')
      .summary('list, approve and reject holds')
      .description(
        'Lists what gates hold back: a held universe keeps its members of the previous session; a held session keeps those of all universes.',
      )
      .option('--all', 'include decided holds, newest session first')
      .option('--limit <count>', 'maximum number of holds; with `holds show`, of symbols per list')
      .option('--csv', CSV_HELP)
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock holds\n  tickstock holds show 12\n' +
          '  tickstock holds approve 12 --reason "index change, checked"\n  tickstock holds reject 12\n',
      )
      .action(async (_: unknown, command: { optsWithGlobals(): ListOptions }) => {
        const options = command.optsWithGlobals();
        const limit = parseCountOption(options.limit ?? '200', '--limit');
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const found = await pipeline.holds.list({ state: options.all ? 'all' : 'open', limit });
          if (options.json) writeJson(terminal, found);
          else if (options.csv) writeCsv(terminal, COLUMNS, found);
          else writeHolds(terminal, found, options.all ?? false);
          setExitCode(0);
        });
      });
    for (const register of [registerShow, registerApprove, registerReject]) register(holds, terminal, setExitCode);
  },
};

const registerShow: Register = (holds, terminal, setExitCode) => {
  holds
    .command('show')
    .argument('<id>', 'number of the hold')
    .description('show what approving a hold would publish: + joins, − leaves, with the reason')
    .addHelpText('after', '\nExamples:\n  tickstock holds show 12\n  tickstock holds show 12 --json\n')
    .action(async (text: string, _: unknown, command: { optsWithGlobals(): ListOptions }) => {
      const options = command.optsWithGlobals();
      const [id, limit] = [
        parseNumber(text, 'hold', 'tickstock holds'),
        options.limit && parseCountOption(options.limit, '--limit'),
      ];
      await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
        const hold = await pipeline.holds.get(id);
        if (options.json) writeJson(terminal, hold);
        else
          writeLine(
            terminal.out,
            formatHold(hold, limit || undefined, hasColor(terminal, terminal.out), widthOf(terminal)),
          );
        setExitCode(0);
      });
    });
};

const registerApprove: Register = (holds, terminal, setExitCode) => {
  holds
    .command('approve')
    .argument('<id>', 'number of the hold')
    .description('publish exactly what a hold shows; refused if the input has changed since')
    .option('--reason <text>', 'why, for the audit')
    .addHelpText('after', '\nExample:\n  tickstock holds approve 12 --reason "index change, checked"\n')
    .action(async (text: string, _: unknown, command: { optsWithGlobals(): DecisionOptions }) => {
      const options = command.optsWithGlobals();
      const id = parseNumber(text, 'hold', 'tickstock holds');
      await withPipeline(terminal, { config: loadCliConfig(options, terminal) }, async (pipeline) => {
        const color = hasColor(terminal, terminal.err);
        const detach = attachTerminal(pipeline.tracker, terminal.err, { clock: systemClock, color });
        const decision = { by: describeUser(), reason: options.reason, signal: terminal.signal };
        const result = await pipeline.holds.approve(id, decision).finally(detach);
        if (options.json) writeJson(terminal, toRunJson(result, await pipeline.history.universes().catch(() => [])));
        if (result.error && !options.json) throw result.error;
        if (!options.json) await writeRunResult(terminal, pipeline, result);
        setExitCode(result.error?.exitCode ?? 0);
      });
    });
};

const registerReject: Register = (holds, terminal, setExitCode) => {
  holds
    .command('reject')
    .argument('<id>', 'number of the hold')
    .description('keep the members of the previous session')
    .option('--reason <text>', 'why, for the audit')
    .addHelpText('after', '\nExample:\n  tickstock holds reject 12 --reason "the feed was yesterday\'s"\n')
    .action(async (text: string, _: unknown, command: { optsWithGlobals(): DecisionOptions }) => {
      const options = command.optsWithGlobals();
      const id = parseNumber(text, 'hold', 'tickstock holds');
      const config = withoutRedis(loadCliConfig(options, terminal));
      await withPipeline(terminal, { config, schema: 'require' }, async (pipeline) => {
        const rejected = await pipeline.holds.reject(id, { by: describeUser(), reason: options.reason });
        if (options.json) writeJson(terminal, { rejected });
        else writeLine(terminal.out, `Rejected: hold ${rejected.join(', ')}. The published members stay.`);
        setExitCode(0);
      });
    });
};

function writeHolds(terminal: Terminal, holds: readonly HoldRecord[], isAll: boolean): void {
  const [first] = holds;
  if (first === undefined) {
    const decided = isAll
      ? 'There are no holds, open or decided.'
      : 'There are no open holds. Decided ones: tickstock holds --all';
    writeLine(terminal.out, decided);
    return;
  }
  writeLine(terminal.out, formatHolds(holds, isAll, widthOf(terminal)));
  writeLine(terminal.out, `\n  Next: tickstock holds show ${first.id}`);
}
