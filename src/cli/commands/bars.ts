import { Option } from 'commander';
import { ADJUSTMENTS, type Adjustment, type Bar } from '../../index.js';
import {
  loadCliConfig,
  parseCountOption,
  parseSessionOption,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { formatCount, writeJson, writeLine, type Terminal } from '../output.js';
import { formatTable, widthOf } from '../table.js';
import { CSV_HELP, writeCsv } from '../csv.js';

interface BarsOptions extends GlobalOptions {
  readonly from?: string;
  readonly to?: string;
  readonly adjusted: Adjustment;
  readonly csv?: boolean;
  readonly limit: string;
}

const FIELDS = ['session', 'ticker', 'open', 'high', 'low', 'close', 'volume', 'factor', 'isHeld'] as const;

export const barsCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('bars')
      .argument('<symbol>', 'as the import has it, for example BRK.B')
      .summary('show the bars of a symbol, adjusted for splits')
      .description(
        'Shows the daily bars of a security under every ticker it had, adjusted to its newest shares. The stored bars stay as traded.',
      )
      .option('--from <date>', 'the first session')
      .option('--to <date>', 'the last session')
      .addOption(
        new Option('--adjusted <how>', 'none: as traded; split: splits and changes of unit; total: dividends too')
          .choices([...ADJUSTMENTS])
          .default('split'),
      )
      .option('--csv', CSV_HELP)
      .option('--limit <count>', 'newest bars in the table; --json and --csv give all of them', '20')
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock bars KLAC\n  tickstock bars KLAC --adjusted none --from 2026-06-01\n' +
          '  tickstock bars KLAC --adjusted split --csv > klac.csv\n',
      )
      .action(async (symbol: string, _: unknown, command: { optsWithGlobals(): BarsOptions }) => {
        const options = command.optsWithGlobals();
        const limit = parseCountOption(options.limit, '--limit');
        const [from, to] = [parseSessionOption(options.from), parseSessionOption(options.to)];
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const bars = await pipeline.securities.bars(symbol, { from, to, adjusted: options.adjusted });
          if (options.json) writeJson(terminal, bars);
          else if (options.csv) writeCsv(terminal, FIELDS, bars);
          else writeBars(terminal, bars, limit);
          setExitCode(0);
        });
      });
  },
};

function writeBars(terminal: Terminal, bars: readonly Bar[], limit: number): void {
  const shown = bars.slice(-limit);
  if (shown.length === 0) {
    writeLine(terminal.out, 'There are no bars in that time.');
    return;
  }
  writeLine(
    terminal.out,
    formatTable(
      [
        { title: 'session' },
        { title: 'ticker' },
        { title: 'close', align: 'right' },
        { title: 'volume', align: 'right' },
        { title: 'factor', align: 'right' },
        { title: '' },
      ],
      shown.map(({ session, ticker, close, volume, factor, exception, isHeld }) => [
        session,
        ticker,
        close === null ? '' : String(close),
        volume === null ? '' : formatCount(volume),
        factor === 1 ? '' : String(Number(factor.toFixed(6))),
        [...(isHeld ? ['held'] : []), ...(exception === null ? [] : [`unexplained move: exception ${exception}`])].join(
          ', ',
        ),
      ]),
      widthOf(terminal),
    ),
  );
  if (shown.length < bars.length)
    writeLine(
      terminal.out,
      `\n  ${formatCount(bars.length - shown.length)} earlier bars: --limit ${bars.length}, or --csv`,
    );
}
