import type { GateFacts, GateResult, GateStatus } from './gate.js';
import { type ExchangeMeasure, totalOf } from './session-measures.js';

/** With fewer symbols, percentages of one exchange are not meaningful: one in ten is a handful. */
export const MIN_EXCHANGE = 100;

/** One judged figure of one part of the feed. Percent, 0-100. */
export interface JudgedPart {
  readonly status: GateStatus;
  readonly measured: number;
  readonly threshold: number;
  readonly text: string;
}

/** The whole feed, then each exchange. Symbols without an exchange, mostly unknown to `symbols`, are not a part of their own. */
export function partsOf({
  measures,
}: GateFacts): readonly { readonly label: string; readonly counts: ExchangeMeasure }[] {
  const { exchanges } = measures;
  return [
    { label: '', counts: totalOf(exchanges) },
    ...exchanges.flatMap((counts) => (counts.exchange === '' ? [] : [{ label: counts.exchange, counts }])),
  ];
}

/**
 * Whether the market is large enough for percentages to be meaningful. The previous session counts too: a truncated file must not escape
 * because it is short.
 */
export function isLargeEnough({ measures, config }: GateFacts): boolean {
  const { bars, previousBars } = totalOf(measures.exchanges);
  return Math.max(bars, previousBars ?? 0) >= config.minSymbols;
}

export function percentOf(count: number, of: number): number {
  return of === 0 ? 0 : (100 * count) / of;
}

/** Rounded to the two decimals that a report shows. */
export function roundPercent(percent: number): number {
  return Math.round(percent * 100) / 100;
}

export function formatPercent(percent: number): string {
  return `${percent.toFixed(1)} %`;
}

const SEVERITY: Readonly<Record<GateStatus, number>> = { pass: 0, warn: 1, hold: 2 };

/** The finding of a gate about the session: its worst part decides. Every part that fails is named; if all fail or all pass, only the first. */
export function toResult(gate: string, parts: readonly JudgedPart[], nothing: string): GateResult {
  const worst = parts.reduce<GateStatus>(
    (found, { status }) => (SEVERITY[status] > SEVERITY[found] ? status : found),
    'pass',
  );
  const telling = parts.filter((part) => part.status === worst);
  const [first] = telling;
  if (first === undefined) return notMeasured(gate, nothing);
  return {
    gate,
    status: worst,
    universe: null,
    measured: roundPercent(first.measured),
    threshold: first.threshold,
    message: (worst === 'pass' || telling.length === parts.length ? [first] : telling)
      .map(({ text }) => text)
      .join('; '),
  };
}

export function notMeasured(gate: string, message: string): GateResult {
  return { gate, status: 'pass', universe: null, measured: null, threshold: null, message };
}

export const TOO_SMALL = 'not judged: too few symbols';
