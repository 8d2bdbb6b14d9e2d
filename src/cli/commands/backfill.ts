import { Option } from 'commander';
import {
  attachTerminal,
  formatDuration,
  HELD_EXIT_CODE,
  LiveLine,
  parseSessionDate,
  systemClock,
  toRangeLine,
  type BackfillPreview,
  type BackfillResult,
  type BackfillSession,
} from '../../index.js';
import {
  describeUser,
  loadCliConfig,
  parseSessionOption,
  withPipeline,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { bold, formatChange, formatCount, hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import { addSourceOptions, toImportFlags, type SourceOptions } from '../source-options.js';
import { toExitCode, toRunJson } from '../run-result.js';

interface BackfillOptions extends GlobalOptions, SourceOptions {
  readonly from: string;
  readonly to?: string;
  readonly indicators: 'last' | 'all' | 'none';
  readonly holdsOk?: boolean;
  readonly skipMissing?: boolean;
  readonly dryRun?: boolean;
}

export const backfillCommand: Command = {
  register(program, terminal, setExitCode) {
    const command = program
      .command('backfill')
      .summary('run a range of sessions, oldest first, or recompute published ones')
      .description(
        'Runs import and cache sync for every session from --from to --to, and indicators for the last one.\n' +
          'An interrupted backfill resumes where it stopped. The first failure ends it; published sessions stay.\n\n' +
          'Without --to, or where everything up to it is published, the sessions from --from to the newest are recomputed\n' +
          'from stored data with the current configuration, in one transaction. The memberships recorded\n' +
          'before are kept: `universe NAME --as-of DATE --known-at TIME` still shows it.',
      )
      .requiredOption('--from <date>', 'first session, YYYY-MM-DD')
      .option('--to <date>', 'last session, YYYY-MM-DD; default: the newest that is published');
    addSourceOptions(command)
      .addOption(
        new Option('--indicators <which>', 'sessions to compute indicators for')
          .choices(['last', 'all', 'none'])
          .default('last'),
      )
      .option('--skip-missing', 'continue after sessions without data, and list them at the end')
      .option('--holds-ok', `exit with 0, not ${HELD_EXIT_CODE}, when gates hold something back`)
      .option('--dry-run', 'say what would be run, refused or recomputed, and write nothing')
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock backfill --source screener --dir ./us-screener --from 2026-04-01 --to 2026-06-30\n' +
          '  tickstock backfill --from 2026-06-15 --dry-run\n  tickstock backfill --from 2026-06-15\n',
      )
      .action(async (_: unknown, command: { optsWithGlobals(): BackfillOptions }) => {
        const options = command.optsWithGlobals();
        const [from, to] = [parseSessionDate(options.from), parseSessionOption(options.to)];
        const config = loadCliConfig(options, terminal, toImportFlags(options));
        if (options.dryRun) {
          await withReadOnlyPipeline(terminal, config, async (pipeline) => {
            const preview = await pipeline.previewBackfill({ from, to });
            if (options.json) writeJson(terminal, preview);
            else writePreview(terminal, preview);
            setExitCode(0);
          });
          return;
        }
        await withPipeline(terminal, { config }, async (pipeline) => {
          const live = new LiveLine(terminal.err, hasColor(terminal, terminal.err));
          const startedAtMs = systemClock.now();
          let detach: (() => void) | undefined;
          const result = await pipeline
            .backfill({
              from,
              to,
              indicators: options.indicators,
              skipMissing: options.skipMissing ?? false,
              triggeredBy: describeUser(),
              signal: terminal.signal,
              onProgress: ({ total, done, latest, replayFrom }) => {
                if (replayFrom !== undefined) {
                  // A backfill draws one progress line for all sessions instead of one per session.
                  detach ??= attachTerminal(pipeline.tracker, terminal.err, {
                    clock: systemClock,
                    color: hasColor(terminal, terminal.err),
                  });
                  return;
                }
                const elapsedMs = systemClock.now() - startedAtMs;
                live.draw(toRangeLine('Backfill', { done, total, elapsedMs }, latest?.session));
                if (latest && !options.json) live.writeAbove(() => writeLine(terminal.out, toSessionLine(latest)));
              },
            })
            .finally(() => (detach ?? (() => live.clear()))());
          if (options.json) writeJson(terminal, toBackfillJson(result));
          else writeSummary(terminal, result);
          if (result.error && !options.json) throw result.error;
          setExitCode(toExitCode(result, options.holdsOk));
        });
      });
  },
};

/** Sessions in a row of which the same is to be said are one line. */
function writePreview(terminal: Terminal, preview: BackfillPreview): void {
  const { steps, symbols, universes, estimatedMs } = preview;
  const groups: { readonly first: string; last: string; count: number; readonly text: string }[] = [];
  for (const { session, action, reason } of steps) {
    const text = reason === null ? action : `${action}: ${reason.replaceAll(session, 'DATE')}`;
    const latest = groups.at(-1);
    if (latest?.text === text) Object.assign(latest, { last: session, count: latest.count + 1 });
    else groups.push({ first: session, last: session, count: 1, text });
  }
  for (const { first, last, count, text } of groups) {
    const days = count === 1 ? first : `${first} to ${last}, ${formatCount(count)} sessions`;
    writeLine(terminal.out, `  ${days}: ${count === 1 ? text.replaceAll('DATE', first) : text}`);
  }
  const working = steps.filter(({ action }) => action === 'run' || action === 'recompute').length;
  const doing = preview.kind === 'replay' ? 'would be recomputed from stored data, in one transaction' : 'would be run';
  if (steps.some(({ action }) => action === 'refused'))
    writeLine(
      terminal.out,
      '  The first session that is refused ends it; --skip-missing continues after one without data.',
    );
  const each = `about ${formatCount(symbols)} symbols in ${formatCount(universes)} universes each`;
  const took = estimatedMs === null ? '' : `, ${formatDuration(estimatedMs)} by the last sessions`;
  writeLine(terminal.out);
  writeLine(
    terminal.out,
    `  ${formatCount(working)} ${working === 1 ? 'session' : 'sessions'} ${doing}: ${each}${took}. Nothing was written.`,
  );
}

function toSessionLine({ session, status, durationMs, run, error }: BackfillSession): string {
  if (status === 'skipped') return `– ${session}  already published`;
  if (status === 'missing') return `– ${session}  no data: ${error?.message ?? ''}`;
  if (error) return `✖ ${session}  ${error.message}`;
  const counters = Object.assign({}, ...(run?.phases.map((phase) => phase.report?.counters ?? {}) ?? [])) as Partial<
    Record<string, number>
  >;
  const change = formatChange(counters['added'] ?? 0, counters['removed'] ?? 0) || 'no change';
  const refused = counters['rejected'] ? `, ${formatCount(counters['rejected'])} refused` : '';
  const held = status === 'completed_with_holds' ? `, ${counters['held'] ?? 0} held` : '';
  return (
    `✔ ${session}  ${formatDuration(durationMs)}  ${formatCount(counters['bars'] ?? 0)} bars, ` +
    `${formatCount(counters['stocks'] ?? 0)} stocks, ${change}${refused}${held}`
  );
}

function writeSummary(terminal: Terminal, result: BackfillResult): void {
  if (result.replayedFrom !== undefined) {
    const color = hasColor(terminal, terminal.out);
    const report = result.sessions[0]?.run?.phases.find((phase) => phase.id === 'cache-sync')?.report;
    const hash = report?.hashes?.['membership'];
    writeLine(
      terminal.out,
      bold(`Replay ${result.status.replaceAll('_', ' ')}: ${report?.summary ?? 'nothing was changed'}`, color),
    );
    if (hash) writeLine(terminal.out, `  membership ${hash.slice(0, 12)}, in ${formatDuration(result.durationMs)}`);
    return;
  }
  const missing = result.sessions.filter(({ status }) => status === 'missing').map(({ session }) => session);
  const ran = result.sessions.filter((session) => session.run && !session.error);
  const skipped = result.sessions.filter((session) => session.status === 'skipped').length;
  const held = ran.filter((session) => session.status === 'completed_with_holds').length;
  const slowest = ran.toSorted((left, right) => right.durationMs - left.durationMs)[0];
  const hash = ran.at(-1)?.run?.phases.find((phase) => phase.id === 'cache-sync')?.report?.hashes?.['membership'];
  const color = hasColor(terminal, terminal.out);
  const parts = [
    `${ran.length} sessions in ${formatDuration(result.durationMs)}`,
    ...(skipped > 0 ? [`${skipped} already published`] : []),
    ...(held > 0 ? [`${held} with holds`] : []),
    ...(slowest ? [`slowest ${slowest.session} ${formatDuration(slowest.durationMs)}`] : []),
    ...(hash ? [`membership ${hash.slice(0, 12)}`] : []),
  ];
  writeLine(terminal.out);
  writeLine(terminal.out, bold(`Backfill ${result.status.replaceAll('_', ' ')}: ${parts.join(', ')}`, color));
  if (missing.length > 0) writeLine(terminal.out, `  ${missing.length} without data: ${missing.join(', ')}`);
}

function toBackfillJson(result: BackfillResult): Record<string, unknown> {
  return {
    status: result.status,
    replayedFrom: result.replayedFrom ?? null,
    durationMs: Math.round(result.durationMs),
    error: result.error?.toJSON() ?? null,
    sessions: result.sessions.map(({ session, status, durationMs, run, error }) => ({
      session,
      status,
      durationMs: Math.round(durationMs),
      error: error?.toJSON() ?? null,
      run: run ? toRunJson(run, []) : null,
    })),
  };
}
