import type { PhaseReport } from './phase.js';

/** Totals of a run over all phases. */
export type RunTotals = Readonly<Record<'symbolsProcessed' | 'symbolsFailed' | 'indicatorsCalculated', number>>;

/** Sums the reports of the phases. Symbols are the maximum of the phases, as each works on the same ones. */
export function toTotals(reports: readonly Pick<PhaseReport, 'counters'>[]): RunTotals {
  const list = (name: string): number[] => reports.map((report) => report.counters[name] ?? 0);
  const sum = (name: string): number => list(name).reduce((total, value) => total + value, 0);
  return {
    symbolsProcessed: Math.max(0, ...list('symbols')),
    symbolsFailed: sum('failed'),
    indicatorsCalculated: sum('indicators'),
  };
}
