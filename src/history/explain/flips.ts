import { Temporal } from 'temporal-polyfill';
import { formatCount } from '../../core/format-count.js';
import { formatUsd, formatUsdPair } from '../../core/format-usd.js';
import type { SessionDate } from '../../core/session.js';
import type { WhyCapLimits, WhyFlip, WhyPlace } from './types.js';
import type { WhyCase } from './case.js';
import { findMeasureFlips } from './measure.js';
import { toEtfFigure, toStaysUntil } from './policy.js';

/**
 * What would make a symbol a member, or end its membership.
 *
 * Shape: usually one; none where nothing about the symbol itself decides, such as a curated list, or where the symbol is not eligible.
 * Units: a cap under which a member of a ranking leaves is that of the stock that would take its place; one above which a symbol enters is
 *        that of the stock whose place it would take.
 */
export function findFlips(given: WhyCase): WhyFlip[] {
  const { why, policy } = given;
  if (!why.member && why.exclusion !== null && policy.rule !== 'theme' && why.type !== 'ETF') return [];
  switch (policy.rule) {
    case 'ranking':
    case 'combination':
      return findRankFlips(given);
    case 'measure':
      return findMeasureFlips(why);
    case 'band':
      return findBandFlips(given, given.capLimits ?? policy);
    case 'recent-ipo':
      return findSeasoning(given, policy.days);
    case 'theme':
      return findThemeFlips(given, policy);
    default:
      return [];
  }
}

const NO_FIGURES = { rank: null, capUsd: null, dollarVolumeUsd: null, assetsUsd: null, movePct: null, session: null };

function findRankFlips({ why, policy, banding }: WhyCase): WhyFlip[] {
  const { scope, member } = why;
  if (scope === null || scope.place === null) return [];
  const at = member ? scope.leave : scope.enter;
  if (at.symbol === null) return [];
  const change = member ? 'leaves' : 'enters';
  const field = policy.rule === 'ranking' && policy.of === 'etfs' ? toEtfFigure(why) : 'marketCapUsd';
  const [own, limit] = [why[field], at[field]];
  // A member beyond the place where members go, and one before the place where they come in, wait for something else than their size.
  if (member ? scope.place >= at.place : scope.place <= at.place) return [];
  const { what, flip } = FIGURES[field];
  const side = member ? 'under' : 'above';
  const buffer = banding !== null && member ? '; or when those that come in need its place' : '';
  return [
    {
      ...NO_FIGURES,
      change,
      rank: at.place,
      [flip]: limit,
      movePct: toMovePct(own, limit),
      text: `${change} at rank ${formatCount(at.place)}${limit === null ? '' : ` or ${what} ${side} ${formatUsdPair(limit, own)[0]}`}${describeHolder(at, own, limit)}${buffer}`,
    },
  ];
}

/** The figures that rank, in words, and the field of a flip. */
const FIGURES = {
  marketCapUsd: { what: 'a cap', flip: 'capUsd' },
  dollarVolumeUsd: { what: 'a dollar volume', flip: 'dollarVolumeUsd' },
  assetsUsd: { what: 'assets', flip: 'assetsUsd' },
} as const;

function findBandFlips(
  { why, banding }: WhyCase,
  { minUsd, maxUsd }: Pick<WhyCapLimits, 'minUsd' | 'maxUsd'>,
): WhyFlip[] {
  const own = why.marketCapUsd;
  if (own === null) return [];
  const toFlip = (change: 'enters' | 'leaves', capUsd: number, words: string): WhyFlip => ({
    ...NO_FIGURES,
    change,
    capUsd,
    movePct: toMovePct(own, capUsd),
    text: `${change} with a cap ${words} ${formatUsdPair(capUsd, own)[0]}${describeMove(own, capUsd)}`,
  });
  if (!why.member) {
    if (own < minUsd) return [toFlip('enters', minUsd, 'from')];
    return maxUsd !== null && own >= maxUsd ? [toFlip('enters', maxUsd, 'under')] : [];
  }
  const below = toFlip('leaves', banding?.outBelowUsd ?? minUsd, 'under');
  const limit = banding?.outAboveUsd ?? maxUsd;
  // Without a buffer the limit itself is in the next band; with one, exactly the limit still stays.
  return limit === null ? [below] : [below, toFlip('leaves', limit, limit === maxUsd ? 'from' : 'above')];
}

function findSeasoning({ why, facts, calendar }: WhyCase, days: number): WhyFlip[] {
  if (!why.member) return [];
  const listed = [facts?.listDate ?? null, why.entered?.session ?? null].find(
    (date) => date !== null && addDays(date, days) >= why.session,
  );
  if (!listed) return [];
  const session = calendar.next(addDays(listed, days));
  return [{ ...NO_FIGURES, change: 'leaves', session, text: `leaves on ${session}, when it is seasoned` }];
}

function findThemeFlips(
  { why, smallestCapUsd, calendar }: WhyCase,
  policy: Extract<WhyCase['policy'], { rule: 'theme' }>,
): WhyFlip[] {
  const { member, symbol, marketCapUsd } = why;
  if (policy.exclusions.includes(symbol) || policy.pins.includes(symbol)) return [];
  const isFull = policy.maxSize !== null && why.size >= policy.maxSize;
  if (!member) {
    if (!isFull || smallestCapUsd === null) return [];
    const text = `enters, where the rules or the list take it in, with a cap above ${formatUsdPair(smallestCapUsd, marketCapUsd)[0]}: the theme is full`;
    return [
      {
        ...NO_FIGURES,
        change: 'enters',
        capUsd: smallestCapUsd,
        movePct: toMovePct(marketCapUsd, smallestCapUsd),
        text,
      },
    ];
  }
  if (policy.symbols.includes(symbol) || !policy.hasRules) return [];
  const session = toStaysUntil(why, policy.minStaySessions, calendar);
  const when = session === null ? '' : `, on ${session} at the earliest`;
  return [
    {
      ...NO_FIGURES,
      change: 'leaves',
      session,
      text: `leaves when the theme's rules do not take it in any more${when}`,
    },
  ];
}

function describeHolder({ symbol }: WhyPlace, own: number | null, limit: number | null): string {
  const move = toMovePct(own, limit);
  return ` (that of ${symbol}${move === null ? '' : `, ${formatMove(move)}`})`;
}

function describeMove(own: number, limit: number): string {
  const move = toMovePct(own, limit);
  return move === null ? '' : ` (${formatMove(move)})`;
}

function toMovePct(own: number | null, limit: number | null): number | null {
  return own === null || limit === null || own <= 0 ? null : Math.round((limit / own - 1) * 10_000) / 100;
}

function formatMove(percent: number): string {
  const size = Math.abs(percent);
  const text = size >= 100 ? size.toFixed(0) : size >= 1 ? size.toFixed(1) : size.toFixed(2);
  return `${text} % ${percent < 0 ? 'lower' : 'higher'} than now`;
}

function addDays(date: SessionDate, days: number): SessionDate {
  return Temporal.PlainDate.from(date).add({ days }).toString() as SessionDate;
}

/** Limits of a band for people: `$10.0B to $200B`. */
export function formatBand({ minUsd, maxUsd }: Pick<WhyCapLimits, 'minUsd' | 'maxUsd'>): string {
  return maxUsd === null ? `${formatUsd(minUsd)} or more` : `${formatUsd(minUsd)} to under ${formatUsd(maxUsd)}`;
}
