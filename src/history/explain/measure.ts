import { formatCount } from '../../core/format-count.js';
import {
  describeMeasure,
  formatMeasure,
  MEASURES,
  type MeasureLimits,
  type MeasureName,
} from '../../core/ranking-measures.js';
import { formatUsd } from '../../core/format-usd.js';
import type { WhyAnswer, WhyFlip, WhyMeasure } from './types.js';

/** The rule of a ranking by a measure, as it is stored with the universe. */
export interface MeasurePolicy {
  readonly rule: 'measure';
  readonly measure: MeasureName;
  readonly sessions: number | null;
  readonly size: number;
  readonly order: 'highest' | 'lowest';
  readonly minPriceUsd: number | null;
  readonly minMarketCapUsd: number | null;
  readonly minDollarVolumeUsd: number | null;
}

/** Whether a stored name is that of a measure this build knows. */
export function isMeasureName(name: unknown): name is MeasureName {
  return (MEASURES as readonly unknown[]).includes(name);
}

/** Where a symbol stands in a ranking by a measure. */
export function toMeasure(
  { measure, sessions, order, size, candidates, figures }: MeasureLimits,
  symbol: string,
): WhyMeasure {
  const at = figures.findIndex(([other]) => other === symbol);
  const holderOf = (place: number): WhyMeasure['last'] => {
    const [other, figure] = figures[place - 1] ?? [];
    return other === undefined || figure === undefined ? null : { place, symbol: other, figure };
  };
  return {
    name: measure,
    sessions,
    order,
    figure: figures[at]?.[1] ?? null,
    place: at < 0 ? null : at + 1,
    size,
    candidates,
    known: figures.length,
    last: holderOf(Math.min(size, candidates)),
    next: holderOf(size + 1),
  };
}

/** What the universe takes: `the first 100 stocks by return over 20 sessions, highest first, of those with a price of at least $5`. */
export function describeMeasureRule(policy: MeasurePolicy): string {
  const { measure, sessions, size, order, minPriceUsd, minMarketCapUsd, minDollarVolumeUsd } = policy;
  const minima = [
    minPriceUsd === null ? null : `a price of at least $${minPriceUsd}`,
    minMarketCapUsd === null ? null : `a market cap of at least ${formatUsd(minMarketCapUsd)}`,
    minDollarVolumeUsd === null ? null : `a dollar volume of at least ${formatUsd(minDollarVolumeUsd)}`,
  ].filter((words) => words !== null);
  const of = minima.length === 0 ? '' : `, of those with ${minima.join(' and ')}`;
  return `The universe takes the first ${formatCount(size)} stocks by ${describeMeasure(measure, sessions)}, ${order} first${of}.`;
}

/** Its place and figure; or why it has none, as far as the figures of the session say. */
export function describeStanding(
  policy: MeasurePolicy,
  { measure, close, marketCapUsd, dollarVolumeUsd, exclusion, capSource }: WhyAnswer,
): string | null {
  if (measure === null || exclusion !== null || capSource === null) return null;
  const words = describeMeasure(measure.name, measure.sessions);
  if (measure.place !== null && measure.figure !== null) {
    const figure = formatMeasure(measure.name, measure.figure);
    return `Its ${words} is ${figure}: number ${formatCount(measure.place)} of ${formatCount(measure.candidates)}.`;
  }
  const below = (
    [
      { name: 'price', own: close, minimum: policy.minPriceUsd },
      { name: 'marketCap', own: marketCapUsd, minimum: policy.minMarketCapUsd },
      { name: 'dollarVolume', own: dollarVolumeUsd, minimum: policy.minDollarVolumeUsd },
    ] as const
  ).find(({ own, minimum }) => minimum !== null && (own ?? -1) < minimum);
  if (below?.minimum != null) {
    const own = below.own === null ? 'unknown' : formatMeasure(below.name, below.own);
    return `Its ${describeMeasure(below.name, null)} is ${own}, and the universe takes ${formatMeasure(below.name, below.minimum)} or more.`;
  }
  if (measure.known >= measure.candidates) return `It has no ${words} in this session.`;
  const own = { marketCap: marketCapUsd, dollarVolume: dollarVolumeUsd, price: close }[measure.name as string] ?? null;
  const places = `not among the first ${formatCount(measure.known)} of ${formatCount(measure.candidates)}`;
  return own === null
    ? `It is ${places} by ${words}, or has none.`
    : `Its ${words} is ${formatMeasure(measure.name, own)}: ${places}.`;
}

/** The figure at which it would leave, or come in. */
export function findMeasureFlips({ measure, member }: WhyAnswer): WhyFlip[] {
  if (measure === null || measure.place === null) return [];
  const at = member ? measure.next : measure.last;
  // A member beyond the size, and one within it that is none, wait for something else than their figure.
  if (at === null || (member ? measure.place > measure.size : measure.place <= measure.size)) return [];
  const isHighest = measure.order === 'highest';
  const side = member === isHighest ? 'under' : 'above';
  const change = member ? 'leaves' : 'enters';
  const words = describeMeasure(measure.name, measure.sessions);
  return [
    {
      change,
      rank: at.place,
      capUsd: measure.name === 'marketCap' ? at.figure : null,
      dollarVolumeUsd: measure.name === 'dollarVolume' ? at.figure : null,
      assetsUsd: null,
      movePct: null,
      session: null,
      text: `${change} at place ${formatCount(at.place)}: with a ${words} ${side} ${formatMeasure(measure.name, at.figure)} (that of ${at.symbol})`,
    },
  ];
}
