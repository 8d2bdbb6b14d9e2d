import type { Pipeline, PipelineError, PipelineStatus, RunResult, UniverseOverview } from '../index.js';
import { formatDuration, HELD_EXIT_CODE } from '../index.js';
import { bold, dim, formatChange, formatCount, formatCounted, hasColor, writeLine, type Terminal } from './output.js';
import { formatTable, widthOf } from './table.js';

const GROUPS: readonly { readonly cacheType: string; readonly title: string; readonly inFull?: true }[] = [
  { cacheType: 'market_cap', title: 'Market-cap bands', inFull: true },
  { cacheType: 'market_leader', title: 'Rankings', inFull: true },
  { cacheType: 'sector', title: 'Sector leaders' },
  { cacheType: 'industry', title: 'Industry groups' },
  { cacheType: 'theme', title: 'Themes' },
  { cacheType: 'ipo', title: 'Recent IPOs', inFull: true },
  { cacheType: 'etf', title: 'ETF categories' },
  { cacheType: 'complete', title: 'Complete lists' },
  { cacheType: 'combo', title: 'Combination' },
];

const MOST_CHANGED = 5;
const CHANGED_SYMBOLS = 6;
/** A session without market caps holds every universe, one line each. */
const LISTED_WARNINGS = 15;

/** The result of a run as a person reads it: universes with sizes and changes, where the data is, next steps. */
export async function writeRunResult(terminal: Terminal, pipeline: Pipeline, result: RunResult): Promise<void> {
  const color = hasColor(terminal, terminal.out);
  const [universes, status] = [await pipeline.history.universes(), await pipeline.status()];
  const line = (text = ''): void => writeLine(terminal.out, text);
  if (universes.length > 0) {
    const since = status.previousSession ? `since ${status.previousSession}` : 'first publish';
    line();
    line(bold(`Universes on ${status.publishedSession}`, color));
    line(
      formatTable(
        [{ title: '' }, { title: 'universe' }, { title: 'members', align: 'right' }, { title: since }],
        universeRows(universes),
        widthOf(terminal),
      ),
    );
    if (status.previousSession !== null) writeMostChanged(terminal, universes, color);
  }
  writeWarnings(terminal, result);
  line();
  line(bold(describeOutcome(result, status), color));
  line();
  for (const [title, text] of nextSteps(pipeline, status)) line(`  ${dim(title.padEnd(6), color)} ${text}`);
}

function universeRows(universes: readonly UniverseOverview[]): string[][] {
  return GROUPS.flatMap(({ cacheType, title, inFull }) => {
    const group = universes.filter((universe) => universe.cacheType === cacheType);
    if (group.length === 0) return [];
    if (inFull)
      return group.map((universe, index) => [index === 0 ? title : '', universe.universe, ...sizeCells([universe])]);
    return [[title, formatCounted(group.length, 'list'), ...sizeCells(group)]];
  });
}

function sizeCells(group: readonly UniverseOverview[]): [string, string] {
  const sum = (pick: (universe: UniverseOverview) => number): number =>
    group.reduce((total, universe) => total + pick(universe), 0);
  const held = group.filter((universe) => universe.held).length;
  const change = formatChange(
    sum((universe) => universe.added),
    sum((universe) => universe.removed),
  );
  return [formatCount(sum((universe) => universe.count)), [change, held > 0 ? `${held} held` : ''].join(' ').trim()];
}

/** The universes with the most changes, without the broad ones: those contain the changes of all others. */
function writeMostChanged(terminal: Terminal, universes: readonly UniverseOverview[], color: boolean): void {
  const changed = universes
    .filter((universe) => universe.cacheType !== 'complete' && universe.added + universe.removed > 0)
    .toSorted((left, right) => right.added + right.removed - left.added - left.removed)
    .slice(0, MOST_CHANGED);
  if (changed.length === 0) return;
  const list = (symbols: readonly string[], count: number): string =>
    [...symbols.slice(0, CHANGED_SYMBOLS), ...(count > CHANGED_SYMBOLS ? ['…'] : [])].join(' ') || '–';
  writeLine(terminal.out);
  writeLine(terminal.out, bold('Changed most', color));
  writeLine(
    terminal.out,
    formatTable(
      [{ title: '' }, { title: '', narrow: 'cut' }, { title: '', narrow: 'cut' }],
      changed.map((universe) => [
        universe.universe,
        `in  ${list(universe.addedSymbols, universe.added)}`,
        `out  ${list(universe.removedSymbols, universe.removed)}`,
      ]),
      widthOf(terminal),
    ),
  );
}

/** Includes holds and warnings of gates; `nextSteps` names where the rest is. */
function writeWarnings({ out }: Terminal, result: RunResult): void {
  const warnings = result.phases.flatMap((phase) => phase.report?.warnings ?? []);
  for (const warning of warnings.slice(0, LISTED_WARNINGS)) writeLine(out, `  ! ${warning}`);
  const hidden = warnings.length - LISTED_WARNINGS;
  if (hidden > 0) writeLine(out, `  ! … ${formatCount(hidden)} more: tickstock history --json`);
}

function describeOutcome(result: RunResult, status: PipelineStatus): string {
  const changed = result.phases.some((phase) => phase.report?.changed);
  const what = result.status === 'completed_with_holds' ? 'completed with holds' : result.status;
  const hash = status.membershipHash ? `, membership ${status.membershipHash.slice(0, 12)}` : '';
  const isHeld = result.status === 'completed_with_holds';
  const unchanged = isHeld ? 'Nothing was published after that. ' : 'Nothing has changed since the last run. ';
  return `${changed ? '' : unchanged}Session ${result.session} ${what} in ${formatDuration(result.durationMs)}${hash}`;
}

function nextSteps(pipeline: Pipeline, status: PipelineStatus): [string, string][] {
  const { kind, location, url } = pipeline.storage;
  const steps: [string, string][] = [['Data', kind === 'embedded' ? `${location} (embedded PostgreSQL)` : location]];
  if (kind === 'embedded' && url !== null) {
    steps.push(['', `while a command runs: psql ${url}, table cache_entries`]);
  }
  const universe = status.publishedSession === null ? [] : ['tickstock universe top_50'];
  const holds = status.openHolds === 0 ? [] : ['tickstock holds'];
  for (const [index, command] of [...holds, ...universe, 'tickstock history', 'tickstock run --help'].entries()) {
    steps.push([index === 0 ? 'Next' : '', `npx ${command}`]);
  }
  return steps;
}

/** @param holdsOk whether a result that is held in part ends as one that is not */
export function toExitCode(
  { status, error }: { readonly status: string; readonly error?: PipelineError },
  holdsOk = false,
): number {
  if (error) return error.exitCode;
  return status === 'completed_with_holds' && !holdsOk ? HELD_EXIT_CODE : 0;
}

/** The same result as JSON: complete and unformatted. */
export function toRunJson(result: RunResult, universes: readonly UniverseOverview[]): Record<string, unknown> {
  return {
    runId: result.runId,
    session: result.session,
    status: result.status,
    durationMs: Math.round(result.durationMs),
    error: result.error?.toJSON() ?? null,
    phases: result.phases.map((phase) => ({
      phase: phase.id,
      status: phase.status,
      durationMs: Math.round(phase.durationMs),
      report: phase.report ?? null,
      error: phase.error?.toJSON() ?? null,
    })),
    universes,
  };
}
