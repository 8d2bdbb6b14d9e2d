import type { SecurityDetail } from '../../index.js';
import { loadCliConfig, withReadOnlyPipeline, type Command, type GlobalOptions } from '../command.js';
import { bold, hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import {
  describeAsked,
  describeKnownAt,
  KNOWN_AT_HELP,
  parsePointInTime,
  type PointInTimeOptions,
} from '../point-in-time.js';
import { formatActionSource, formatActionValue, formatFigures } from '../security-text.js';
import { formatTable, widthOf } from '../table.js';

type SecurityOptions = GlobalOptions & PointInTimeOptions;

export const securityCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('security')
      .argument('<ticker>', 'any ticker that the security had')
      .summary('show a security: tickers, actions, exceptions, universes')
      .description(
        'Shows one security over time, under whichever of its tickers it is asked for. With --as-of, the security that had the ticker on that session.',
      )
      .option('--as-of <date>', 'on that session; on a day without one, the session before')
      .option('--known-at <time>', KNOWN_AT_HELP)
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock security NVDA\n  tickstock security BK --as-of 2026-05-01\n  tickstock security BNY --json\n',
      )
      .action(async (ticker: string, _: unknown, command: { optsWithGlobals(): SecurityOptions }) => {
        const options = command.optsWithGlobals();
        const at = parsePointInTime(options);
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const found = await pipeline.history.security(ticker, at);
          if (options.json) writeJson(terminal, found);
          else writeSecurity(terminal, found);
          setExitCode(0);
        });
      });
  },
};

function writeSecurity(terminal: Terminal, found: SecurityDetail): void {
  const { symbol, name, session, asked, knownAt, presentTicker, askedTicker, tickers, classes, actions, exceptions } =
    found;
  const when = session === null ? '' : ` on ${session}${describeKnownAt(knownAt)}`;
  const write = (text: string): void => writeLine(terminal.out, text);
  write(bold(`${symbol}${name === null ? '' : `, ${name}`}${when}`, hasColor(terminal, terminal.out)));
  const answeredBy = describeAsked(asked, session);
  if (answeredBy !== null) write(`  ${answeredBy}`);
  if (askedTicker !== symbol) write(`  ${askedTicker} is the same security`);
  if (presentTicker !== null) write(`  trades as ${presentTicker} now`);
  write(`  ${formatFigures(found)}${found.id === null ? '' : `, id ${found.id}`}`);
  if (classes.length > 0) write(`  classes of the company: ${classes.join(', ')}`);
  write(
    formatTable([{ title: 'ticker' }, { title: 'from' }, { title: 'to' }], tickers.map(toTickerRow), widthOf(terminal)),
  );
  if (actions.length > 0) {
    write(
      `\n${formatTable([{ title: 'session' }, { title: 'action' }, { title: 'value' }, { title: 'from' }], actions.map(toActionRow), widthOf(terminal))}`,
    );
  }
  for (const { id, session: day, reason, state } of exceptions) {
    write(`\n  exception ${id}, ${state}: ${reason} on ${day}. tickstock exceptions show ${id}`);
  }
  if (found.universes.length > 0) {
    const universes = found.universes.map(({ universe, title, since }) => [universe, title, since]);
    write(
      `\n${formatTable([{ title: 'universe' }, { title: 'title' }, { title: 'since' }], universes, widthOf(terminal))}`,
    );
  }
}

function toTickerRow({ ticker, from, to }: SecurityDetail['tickers'][number]): string[] {
  return [ticker, from ?? '', to ?? ''];
}

function toActionRow(action: SecurityDetail['actions'][number]): string[] {
  return [action.session, action.kind, formatActionValue(action), formatActionSource(action)];
}
