import type { RefusedRows } from '../../index.js';
import {
  loadCliConfig,
  parseCountOption,
  parseSessionOption,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { CSV_HELP, writeCsv } from '../csv.js';
import { bold, formatCount, formatCounted, hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import { formatTable, widthOf } from '../table.js';

interface RejectedOptions extends GlobalOptions {
  readonly session?: string;
  readonly reason?: string;
  readonly limit: string;
  readonly csv?: boolean;
}

const COLUMNS = ['source', 'origin', 'rowNumber', 'symbol', 'reason', 'detail', 'raw'] as const;

export const rejectedCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('rejected')
      .summary('show the rows that an import refused, and why')
      .description(
        'Shows how many rows of a session were refused for which reason, and the rows: where each is, what was found and what is\n' +
          'allowed. They are kept for retention.rejectedRowsDays.',
      )
      .option('--session <date>', 'session, YYYY-MM-DD; default: the newest with refused rows')
      .option('--reason <code>', 'only rows refused for this reason, such as PRICE_INVALID')
      .option('--limit <count>', 'at most so many rows', '50')
      .option('--csv', CSV_HELP)
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock rejected\n  tickstock rejected --session 2026-06-30 --reason PRICE_INVALID --csv > refused.csv\n',
      )
      .action(async (_: unknown, command: { optsWithGlobals(): RejectedOptions }) => {
        const options = command.optsWithGlobals();
        const session = parseSessionOption(options.session);
        const limit = parseCountOption(options.limit, '--limit');
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const refused = await pipeline.history.refused({ session, reason: options.reason, limit });
          if (options.json) writeJson(terminal, refused);
          else if (options.csv) writeCsv(terminal, COLUMNS, refused.rows);
          else write(terminal, refused);
          setExitCode(0);
        });
      });
  },
};

function write(terminal: Terminal, { session, byReason, rows }: RefusedRows): void {
  const total = byReason.reduce((sum, each) => sum + each.rows, 0);
  if (total === 0) {
    writeLine(terminal.out, session === null ? 'No import has refused a row.' : `No row of ${session} was refused.`);
    return;
  }
  const reasons = byReason.map((each) => `${formatCount(each.rows)} ${each.reason}`).join(', ');
  writeLine(
    terminal.out,
    bold(`${session ?? ''}: ${formatCounted(total, 'row')} refused`, hasColor(terminal, terminal.out)),
  );
  writeLine(terminal.out, `  ${reasons}\n`);
  writeLine(
    terminal.out,
    formatTable(
      [{ title: 'FILE', narrow: 'cut' }, { title: 'ROW', align: 'right' }, { title: 'SYMBOL' }, { title: 'WHY' }],
      rows.map(({ origin, rowNumber, symbol, detail, reason }) => [
        origin,
        formatCount(rowNumber),
        symbol ?? '–',
        detail ?? reason,
      ]),
      widthOf(terminal),
    ),
  );
  if (rows.length < total)
    writeLine(terminal.out, `\n  and ${formatCount(total - rows.length)} more: --limit ${total}`);
}
