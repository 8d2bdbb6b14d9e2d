import type { Why } from '../../index.js';
import {
  loadCliConfig,
  parseSessionOption,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { bold, hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import { describeAsked } from '../point-in-time.js';

interface WhyOptions extends GlobalOptions {
  readonly session?: string;
}

export const whyCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('why')
      .argument('<symbol>', 'as the import has it, for example BRK.B')
      .argument('<name>', 'a universe, for example top_500')
      .summary('explain why a symbol is or is not in a universe')
      .description(
        'Explains from stored data why a symbol is or is not a member of a universe: since when and by which change, its rank and market cap with their source, flags, buffers, holds, and what would change it.',
      )
      .option('--session <date>', 'on that session; default: the newest published')
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock why NVDA top_500\n  tickstock why NFLX mega_cap --session 2025-11-17\n  tickstock why BRK.B top_10_financial_services --json\n',
      )
      .action(async (symbol: string, name: string, _: unknown, command: { optsWithGlobals(): WhyOptions }) => {
        const options = command.optsWithGlobals();
        const session = parseSessionOption(options.session);
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const why = await pipeline.history.why(symbol, name, { session });
          if (options.json) writeJson(terminal, why);
          else writeWhy(terminal, why);
          setExitCode(0);
        });
      });
  },
};

function writeWhy(terminal: Terminal, { asked, session, sentences: [first, ...others] }: Why): void {
  writeLine(terminal.out, bold(toPlainText(first ?? ''), hasColor(terminal, terminal.out)));
  const answeredBy = describeAsked(asked, session);
  for (const line of [...(answeredBy === null ? [] : [answeredBy]), ...others]) {
    writeLine(terminal.out, `  ${toPlainText(line)}`);
  }
}

/** Names come from feeds; control characters must not reach the terminal. */
function toPlainText(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
