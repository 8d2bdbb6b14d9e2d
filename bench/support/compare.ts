import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { alignColumns, formatFigure, median, type Figure } from './figures.js';
import { ROOT } from './programs.js';
import { checkoutRevision } from './revision.js';

export interface Comparison {
  /** File of `bench/` without its ending; the file of that name in the revision is run there. */
  readonly bench: string;
  readonly against: string;
  readonly pairs: number;
  /** Passed on to both. */
  readonly args: readonly string[];
}

/** Values of both revisions for one figure, one per pair. */
export interface ComparedFigure {
  /** The report that contains the figure. */
  readonly title: string;
  readonly name: string;
  readonly unit: Figure['unit'];
  readonly here: readonly number[];
  readonly there: readonly number[];
}

interface Report {
  readonly title: string;
  readonly figures: readonly Figure[];
}

/**
 * Runs a bench here and at another revision alternately, in reverse order in every second pair: other load of the machine affects both
 * alike, and the ratio of each pair is of two neighbouring runs.
 */
export function compareRevisions({ bench, against, pairs, args }: Comparison): string {
  const revision = checkoutRevision(against);
  try {
    const [here, there]: [Report[][], Report[][]] = [[], []];
    const sides = [
      { name: 'here', folder: ROOT, reports: here },
      { name: revision.name, folder: revision.folder, reports: there },
    ];
    const script = join('bench', `${bench}.ts`);
    if (!existsSync(join(revision.folder, script))) throw new Error(`${revision.name} has no ${script}`);
    for (let pair = 0; pair < pairs; pair += 1) {
      const times = (pair % 2 === 0 ? sides : sides.toReversed()).map(({ name, folder, reports }) => {
        const startedAt = performance.now();
        reports.push(runBench(join(folder, script), folder, args));
        return `${name} ${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
      });
      console.error(`pair ${pair + 1} of ${pairs}: ${times.join(', ')}`);
    }
    return formatComparison(collectFigures(here, there), revision.name);
  } finally {
    revision.remove();
  }
}

/** @throws when it prints no figures; a missed bar is not an error */
function runBench(script: string, folder: string, args: readonly string[]): Report[] {
  const { stdout, stderr, error } = spawnSync(process.execPath, ['--import', 'tsx', script, '--json', ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (error) throw error;
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const reports = lines.map((line) => JSON.parse(line) as Partial<Report>);
  const withFigures = reports.filter((report): report is Report => report.figures !== undefined);
  if (withFigures.length === 0) throw new Error(`${script} printed no figures: ${stderr}${stdout}`);
  return withFigures;
}

/**
 * Matched by index of the report and name of the figure: titles may contain what differs, such as a version. Figures of only one revision
 * are left out.
 */
export function collectFigures(here: readonly Report[][], there: readonly Report[][]): ComparedFigure[] {
  return (here[0] ?? []).flatMap(({ title, figures }, place) =>
    figures.flatMap(({ name, unit }): ComparedFigure[] => {
      const valuesOf = (runs: readonly Report[][]): number[] =>
        runs.flatMap((reports) => reports[place]?.figures.find((figure) => figure.name === name)?.value ?? []);
      const [ours, theirs] = [valuesOf(here), valuesOf(there)];
      return ours.length === theirs.length ? [{ title, name, unit, here: ours, there: theirs }] : [];
    }),
  );
}

export function formatComparison(figures: readonly ComparedFigure[], revision: string): string {
  const header = ['', 'here', revision, 'ratio', 'middle half', 'all'];
  const tables = [...new Set(figures.map(({ title }) => title))].flatMap((title) => [
    `\n${title}`,
    ...alignColumns([header, ...figures.filter((figure) => figure.title === title).map(toRow)]),
  ]);
  return tables.join('\n');
}

/** Ratios below 1 are in favour of this checkout. */
function toRow({ name, unit, here, there }: ComparedFigure): string[] {
  const ratios = here.map((value, pair) => value / (there[pair] ?? NaN)).toSorted((left, right) => left - right);
  const values = [formatFigure(median(here), unit), formatFigure(median(there), unit)];
  // Counts that should be 0 have no ratio and are compared by eye.
  if (!ratios.every(Number.isFinite)) return [name, ...values, '–', '', ''];
  const quantile = (share: number): string => (ratios[Math.round((ratios.length - 1) * share)] ?? NaN).toFixed(2);
  const [low, first, third, high] = [0, 0.25, 0.75, 1].map(quantile);
  return [name, ...values, `${median(ratios).toFixed(2)}×`, `${first}–${third}`, `${low}–${high}`];
}
