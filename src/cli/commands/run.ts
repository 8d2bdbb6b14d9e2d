import { Option } from 'commander';
import { attachTerminal, HELD_EXIT_CODE, PipelineError, RUN_MODES, systemClock, type RunMode } from '../../index.js';
import {
  describeUser,
  loadCliConfig,
  parseSessionOption,
  withPipeline,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import { formatPreview } from '../preview-text.js';
import { addSourceOptions, toImportFlags, type SourceOptions } from '../source-options.js';
import { toExitCode, toRunJson, writeRunResult } from '../run-result.js';
import { widthOf } from '../table.js';

interface RunOptions extends GlobalOptions, SourceOptions {
  readonly session?: string;
  readonly phase?: string[];
  readonly downstream?: boolean;
  readonly mode: RunMode;
  readonly force?: boolean;
  readonly recompute?: boolean;
  readonly dryRun?: boolean;
  readonly holdsOk?: boolean;
}

export const runCommand: Command = {
  register(program, terminal, setExitCode) {
    const command = program
      .command('run')
      .summary('run the phases for one session')
      .description(
        'Runs import, cache sync and indicators for one trading session: without --session the newest that has closed,\n' +
          'or, when --phase leaves import out, the newest imported one. A second run changes nothing.',
      )
      .option('--session <date>', 'trading session, YYYY-MM-DD');
    addSourceOptions(command)
      .option('--phase <name...>', 'only these phases: import, cache-sync, indicators')
      .option('--downstream', 'with --phase: the phases that depend on it as well')
      .addOption(
        new Option('--mode <mode>', 'which universes cache sync recomputes; all but full need a full sync first')
          .choices(RUN_MODES)
          .default('full'),
      )
      .option('--recompute', 'compute and publish again even if the input has not changed')
      .option('--force', 'skip the gates, which hold bad data back; the audit records the user')
      .option('--holds-ok', `exit with 0, not ${HELD_EXIT_CODE}, when gates hold something back`)
      .option('--dry-run', 'with --phase cache-sync: say what would change, and write nothing')
      .addHelpText(
        'after',
        '\nExamples:\n' +
          '  tickstock run --source screener --dir ./us-screener --session 2026-06-30\n' +
          '  tickstock run --phase cache-sync\n' +
          '  tickstock run --phase cache-sync --downstream\n' +
          '  tickstock run --phase cache-sync --mode themes\n' +
          '  tickstock run --phase cache-sync --recompute\n' +
          '  tickstock run --phase cache-sync --dry-run\n' +
          '  tickstock run --json | jq .status\n',
      )
      .action(async (_: unknown, command: { optsWithGlobals(): RunOptions }) => {
        const options = command.optsWithGlobals();
        if (options.dryRun) {
          await dryRun(terminal, options);
          setExitCode(0);
          return;
        }
        const session = parseSessionOption(options.session);
        const config = loadCliConfig(options, terminal, toImportFlags(options));
        await withPipeline(terminal, { config }, async (pipeline) => {
          const detach = attachTerminal(pipeline.tracker, terminal.err, {
            clock: systemClock,
            color: hasColor(terminal, terminal.err),
          });
          const result = await pipeline
            .run({
              ...(session && { session }),
              phases: options.phase ?? [],
              downstream: options.downstream ?? false,
              mode: options.mode,
              triggeredBy: describeUser(),
              force: options.force ?? false,
              recompute: options.recompute ?? false,
              signal: terminal.signal,
            })
            .finally(detach);
          if (options.json) writeJson(terminal, toRunJson(result, await pipeline.history.universes().catch(() => [])));
          if (result.error && !options.json) throw result.error;
          if (!options.json) await writeRunResult(terminal, pipeline, result);
          setExitCode(toExitCode(result, options.holdsOk));
        });
      });
  },
};

async function dryRun(terminal: Terminal, options: RunOptions): Promise<void> {
  const [phase, ...others] = options.phase ?? [];
  if (phase === undefined || others.length > 0) {
    const given = options.phase?.join(' ') ?? 'none, which means all';
    throw new PipelineError('EOD_USAGE', `--dry-run needs exactly one phase; --phase is ${given}`, {
      hint: 'for example `tickstock run --phase cache-sync --dry-run`',
    });
  }
  const session = parseSessionOption(options.session);
  const config = loadCliConfig(options, terminal, toImportFlags(options));
  await withReadOnlyPipeline(terminal, config, async (pipeline) => {
    const { mode, force } = options;
    const preview = await pipeline.preview({ session, phase, mode, force, signal: terminal.signal });
    if (options.json) writeJson(terminal, preview);
    else writeLine(terminal.out, formatPreview(preview, hasColor(terminal, terminal.out), widthOf(terminal)));
  });
}
