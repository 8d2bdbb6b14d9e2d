import type { SymbolUniverses } from '../../index.js';
import { loadCliConfig, withReadOnlyPipeline, type Command, type GlobalOptions } from '../command.js';
import { bold, formatCounted, hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import {
  describeAsked,
  describeKnownAt,
  KNOWN_AT_HELP,
  parsePointInTime,
  type PointInTimeOptions,
} from '../point-in-time.js';
import { formatFigures } from '../security-text.js';
import { formatTable, widthOf } from '../table.js';
import { CSV_HELP, writeCsv } from '../csv.js';

type SymbolOptions = GlobalOptions & PointInTimeOptions & { readonly csv?: boolean };

const COLUMNS = ['universe', 'type', 'title', 'since'] as const;

export const symbolCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('symbol')
      .argument('<symbol>', 'as the import has it, for example BRK.B')
      .summary('show the universes of a symbol')
      .description('Shows which universes a symbol is a member of and since when, now or on a past session.')
      .option('--as-of <date>', 'on that session; on a day without one, the session before')
      .option('--known-at <time>', KNOWN_AT_HELP)
      .option('--csv', CSV_HELP)
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock symbol NVDA\n  tickstock symbol NVDA --as-of 2026-04-01\n  tickstock symbol NVDA --json\n',
      )
      .action(async (symbol: string, _: unknown, command: { optsWithGlobals(): SymbolOptions }) => {
        const options = command.optsWithGlobals();
        const at = parsePointInTime(options);
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const found = await pipeline.history.symbol(symbol, at);
          if (options.json) writeJson(terminal, found);
          else if (options.csv) writeCsv(terminal, COLUMNS, found.universes);
          else writeSymbol(terminal, found);
          setExitCode(0);
        });
      });
  },
};

function writeSymbol(terminal: Terminal, found: SymbolUniverses): void {
  const { symbol, name, session, asked, knownAt, universes, presentTicker } = found;
  const when = session === null ? '' : ` on ${session}${describeKnownAt(knownAt)}`;
  const title = `${symbol}${name === null ? '' : `, ${name}`}${when}: ${formatCounted(universes.length, 'universe')}`;
  writeLine(terminal.out, bold(title, hasColor(terminal, terminal.out)));
  const answeredBy = describeAsked(asked, session);
  if (answeredBy !== null) writeLine(terminal.out, `  ${answeredBy}`);
  if (presentTicker !== null)
    writeLine(terminal.out, `  trades as ${presentTicker} now: tickstock security ${presentTicker}`);
  writeLine(terminal.out, `  ${formatFigures(found)}`);
  if (universes.length === 0) return;
  writeLine(
    terminal.out,
    formatTable(
      [{ title: 'universe' }, { title: 'title' }, { title: 'since' }],
      universes.map(({ universe, title: universeTitle, since }) => [universe, universeTitle, since]),
      widthOf(terminal),
    ),
  );
}
