import { NOT_READY_EXIT_CODE, PipelineError, type Pipeline } from '../../index.js';
import {
  describeUser,
  loadCliConfig,
  withoutRedis,
  withPipeline,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { writeHandover } from '../handover-text.js';
import { formatCounted, writeJson, writeLine } from '../output.js';
import { formatTable, widthOf } from '../table.js';

interface RetireOptions extends GlobalOptions {
  readonly orphaned?: boolean;
}

interface AliasOptions extends GlobalOptions {
  readonly remove?: string;
}

export const handoverCommand: Command = {
  register(program, terminal, setExitCode) {
    const handover = program
      .command('handover')
      .summary('say whether the job that filled cache_entries before can be deleted')
      .description(
        'Says yes or no, with every reason and what ends it: rows that differ from what a run would write, keys that readers would\n' +
          'no longer find, rows that no run keeps up to date, settings in cache_config that are ignored, holds. Writes nothing.\n' +
          `Exits with 0 for yes and ${NOT_READY_EXIT_CODE} for no.`,
      )
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock handover\n  tickstock handover --json | jq .reasons[].code\n  tickstock handover retire --orphaned\n' +
          '  tickstock handover alias stock_universe/themes/theme_AI stock_universe/themes/ai\n',
      )
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
        const options = command.optsWithGlobals();
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const report = await pipeline.handover.examine(terminal.signal);
          if (options.json) writeJson(terminal, report);
          else writeHandover(terminal, report);
          setExitCode(report.ready ? 0 : NOT_READY_EXIT_CODE);
        });
      });
    const change = async (options: GlobalOptions, work: (pipeline: Pipeline) => Promise<void>): Promise<void> => {
      const config = withoutRedis(loadCliConfig(options, terminal));
      await withPipeline(terminal, { config, schema: 'require' }, async (pipeline) => {
        await work(pipeline);
        setExitCode(0);
      });
    };
    handover
      .command('retire')
      .argument('[places...]', 'rows as the report names them: type/name/key')
      .summary('take rows that no run writes out of cache_entries')
      .description(
        'Takes rows that no run writes out of cache_entries, or rows of cache_config that are ignored. A copy of each is kept in the\n' +
          'table pipeline.retired_row. Rows that a run writes, and rows of other kinds, are refused.',
      )
      .option('--orphaned', 'all rows of published kinds that no run writes')
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock handover retire --orphaned\n  tickstock handover retire stock_universe/industry/old_name\n',
      )
      .action(async (places: readonly string[], _: unknown, command: { optsWithGlobals(): RetireOptions }) => {
        const options = command.optsWithGlobals();
        const wanted = options.orphaned === true ? 'orphaned' : places;
        if (options.orphaned === true ? places.length > 0 : places.length === 0) throw nothingNamed();
        await change(options, async (pipeline) => {
          const retired = await pipeline.handover.retire(wanted, describeUser());
          if (options.json) return writeJson(terminal, { retired });
          for (const place of retired) writeLine(terminal.out, `  ${place}`);
          writeLine(
            terminal.out,
            `${formatCounted(retired.length, 'row')} taken out of cache_entries; copies are in pipeline.retired_row`,
          );
        });
      });
    handover
      .command('alias')
      .argument('[place]', 'the former place: type/name/key')
      .argument('[of]', 'the row that is written there as well')
      .summary('write a row at a former place as well, for readers that ask for it')
      .description('Writes a row at a former place as well, from the next run on. Without arguments lists the aliases.')
      .option('--remove <place>', 'end an alias; the next run deletes its row')
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock handover alias\n  tickstock handover alias stock_universe/themes/theme_AI stock_universe/themes/ai\n' +
          '  tickstock handover alias --remove stock_universe/themes/theme_AI\n',
      )
      .action(
        async (
          place: string | undefined,
          of: string | undefined,
          _: unknown,
          command: { optsWithGlobals(): AliasOptions },
        ) => {
          const options = command.optsWithGlobals();
          await change(options, async (pipeline) => {
            if (options.remove !== undefined) await pipeline.handover.removeAlias(options.remove);
            else if (place !== undefined && of !== undefined)
              await pipeline.handover.alias({ place, of }, describeUser());
            else if (place !== undefined) throw targetMissing();
            const aliases = await pipeline.handover.aliases();
            if (options.json) return writeJson(terminal, { aliases });
            if (aliases.length === 0) return writeLine(terminal.out, '  there is no alias');
            const rows = aliases.map((alias) => [alias.place, alias.of]);
            writeLine(terminal.out, formatTable([{ title: 'place' }, { title: 'is' }], rows, widthOf(terminal)));
          });
        },
      );
  },
};

function nothingNamed(): PipelineError {
  return new PipelineError('EOD_USAGE', 'give either rows or --orphaned', { hint: '`tickstock handover` lists them' });
}

function targetMissing(): PipelineError {
  return new PipelineError('EOD_USAGE', 'the row that is to be written there is missing', {
    hint: 'such as `tickstock handover alias stock_universe/themes/theme_AI stock_universe/themes/ai`',
  });
}
