import type { GateFacts, GateResult, GateStatus } from './gate.js';
import { type ExchangeMeasure, totalOf } from './session-measures.js';

/** Symbols below which shares of one exchange say nothing: one in ten is a handful. */
export const MIN_EXCHANGE = 100;

/** One figure of one part of the feed, judged. Percent, 0-100. */
export interface JudgedPart {
  readonly status: GateStatus;
  readonly measured: number;
  readonly threshold: number;
  readonly text: string;
}

/** The whole feed, then each exchange. Symbols without one, which `symbols` mostly does not know at all, are no part of their own. */
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
 * Whether the market is large enough for shares of it to mean something. The session before counts too: a file cut short must not escape
 * because it is short.
 */
export function isLargeEnough({ measures, config }: GateFacts): boolean {
  const { bars, previousBars } = totalOf(measures.exchanges);
  return Math.max(bars, previousBars ?? 0) >= config.minSymbols;
}

export function percentOf(count: number, of: number): number {
  return of === 0 ? 0 : (100 * count) / of;
}

/** Two decimals: what a report shows. */
export function roundPercent(percent: number): number {
  return Math.round(percent * 100) / 100;
}

export function formatPercent(percent: number): string {
  return `${percent.toFixed(1)} %`;
}

const SEVERITY: Readonly<Record<GateStatus, number>> = { pass: 0, warn: 1, hold: 2 };

/**
 * A gate's one finding about the session: its worst part decides. Every part as bad is named, but where all of them are, or pass, the first
 * says it for the others.
 */
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
