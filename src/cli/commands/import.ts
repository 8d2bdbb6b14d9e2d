import {
  formatDuration,
  LiveLine,
  parseSessionDate,
  systemClock,
  toRangeLine,
  type BackfillSession,
  type ImportRangeResult,
} from '../../index.js';
import {
  describeUser,
  loadCliConfig,
  parseSessionOption,
  withPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { bold, formatCount, formatCounted, hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import { toExitCode } from '../run-result.js';
import { addSourceOptions, toImportFlags, type SourceOptions } from '../source-options.js';

interface ImportOptions extends GlobalOptions, SourceOptions {
  readonly from: string;
  readonly to?: string;
  readonly skipMissing?: boolean;
}

export const importCommand: Command = {
  register(program, terminal, setExitCode) {
    const command = program
      .command('import')
      .summary('import a range of sessions without publishing them')
      .description(
        'Imports bars, quotes and facts of every session from --from to --to, oldest first, and publishes nothing. Indicators,\n' +
          'splits and listings of the session that is published next are computed from them. An interrupted import resumes\n' +
          'where it stopped; the first failure ends it, and imported sessions stay.',
      )
      .requiredOption('--from <date>', 'first session, YYYY-MM-DD')
      .option('--to <date>', 'last session, YYYY-MM-DD; default: the newest that has closed');
    addSourceOptions(command)
      .option('--skip-missing', 'continue after sessions without data, and list them at the end')
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock import --source csv --dir ./bars.csv.gz --from 2025-07-01 --to 2026-06-30\n' +
          '  tickstock import --source csv --dir ./massive --preset massive --from 2021-01-04 --skip-missing\n',
      )
      .action(async (_: unknown, action: { optsWithGlobals(): ImportOptions }) => {
        const options = action.optsWithGlobals();
        const [from, to] = [parseSessionDate(options.from), parseSessionOption(options.to)];
        const config = loadCliConfig(options, terminal, toImportFlags(options));
        await withPipeline(terminal, { config }, async (pipeline) => {
          const live = new LiveLine(terminal.err, hasColor(terminal, terminal.err));
          const startedAtMs = systemClock.now();
          const result = await pipeline
            .importRange({
              from,
              to,
              skipMissing: options.skipMissing ?? false,
              triggeredBy: describeUser(),
              signal: terminal.signal,
              onProgress: ({ total, done, latest }) => {
                const elapsedMs = systemClock.now() - startedAtMs;
                live.draw(toRangeLine('Import', { done, total, elapsedMs }, latest?.session));
                const text = latest && toRemark(latest);
                if (text !== undefined && !options.json) live.writeAbove(() => writeLine(terminal.out, text));
              },
            })
            .finally(() => live.clear());
          if (options.json) writeJson(terminal, toImportJson(result));
          else writeSummary(terminal, result);
          if (result.error && !options.json) throw result.error;
          setExitCode(toExitCode(result));
        });
      });
  },
};

/** A session of which a person should know something; there may be thousands. */
function toRemark(latest: BackfillSession): string | undefined {
  const { session, status, error } = latest;
  if (status === 'missing') return `– ${session}  no data: ${error?.message ?? ''}`;
  if (error) return `✖ ${session}  ${error.message}`;
  const { rejected = 0 } = countersOf(latest);
  return rejected > 0
    ? `! ${session}  ${formatCounted(rejected, 'row')} refused: tickstock rejected --session ${session}`
    : undefined;
}

function writeSummary(terminal: Terminal, { sessions, status, durationMs }: ImportRangeResult): void {
  const imported = sessions.filter((session) => session.run && !session.error);
  const [skipped, missing] = ['skipped', 'missing'].map((each) =>
    sessions.filter((session) => session.status === each),
  );
  const bars = imported.reduce((sum, session) => sum + (countersOf(session)['bars'] ?? 0), 0);
  const parts = [
    `${formatCounted(imported.length, 'session')}, ${formatCounted(bars, 'bar')} in ${formatDuration(durationMs)}`,
    ...(skipped?.length ? [`${formatCount(skipped.length)} imported before`] : []),
    ...(missing?.length ? [`${formatCount(missing.length)} without data`] : []),
  ];
  writeLine(terminal.out, bold(`Import ${status}: ${parts.join(', ')}`, hasColor(terminal, terminal.out)));
  if (sessions.at(-1)?.error?.code === 'EOD_SOURCE_MISSING' && !missing?.length)
    writeLine(terminal.out, '  --skip-missing continues after sessions without data.');
  const last = imported.at(-1)?.session ?? sessions.findLast((session) => session.status === 'skipped')?.session;
  if (last !== undefined) writeLine(terminal.out, `  Nothing was published. Next: tickstock run --session ${last}`);
}

function toImportJson({ sessions, status, durationMs, error }: ImportRangeResult): Record<string, unknown> {
  return {
    status,
    durationMs: Math.round(durationMs),
    error: error?.toJSON() ?? null,
    sessions: sessions.map((session) => {
      const { bars = null, symbols = null, rejected = null } = countersOf(session);
      return {
        session: session.session,
        status: session.status,
        durationMs: Math.round(session.durationMs),
        bars,
        symbols,
        rejected,
        error: session.error?.toJSON() ?? null,
      };
    }),
  };
}

function countersOf({ run }: BackfillSession): Partial<Record<string, number>> {
  return run?.phases[0]?.report?.counters ?? {};
}
