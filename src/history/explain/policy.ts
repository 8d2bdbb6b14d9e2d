import type { TradingCalendar } from '../../core/calendar.js';
import type { WhyAnswer, WhyBanding, WhyCapLimits } from './types.js';
import { isMapping } from '../../core/is-mapping.js';
import { listNotations } from '../../core/ticker-notation.js';
import { isMeasureName, type MeasurePolicy } from './measure.js';

/** A universe's rule as it is stored with the universe; `unknown` for one that this build cannot read. */
export type Policy =
  | { readonly rule: 'band'; readonly minUsd: number; readonly maxUsd: number | null; readonly banding: Banding | null }
  | {
      readonly rule: 'ranking';
      readonly of: 'all' | 'sector' | 'industry' | 'stocks' | 'etfs';
      readonly value: string | null;
      readonly size: number;
      readonly isByCompany: boolean;
      readonly banding: Banding | null;
    }
  | MeasurePolicy
  | {
      readonly rule: 'theme';
      readonly symbols: readonly string[];
      readonly pins: readonly string[];
      readonly exclusions: readonly string[];
      readonly hasRules: boolean;
      readonly maxSize: number | null;
      readonly minStaySessions: number;
    }
  | { readonly rule: 'recent-ipo'; readonly days: number; readonly group: string | null }
  | { readonly rule: 'etf'; readonly symbols: readonly string[]; readonly isAll: boolean }
  | { readonly rule: 'everything'; readonly of: 'stocks' | 'etfs' }
  | { readonly rule: 'combination'; readonly size: number; readonly etfs: readonly string[] }
  | { readonly rule: 'unknown' };

interface Banding {
  readonly minStaySessions: number;
}

type Stored = Readonly<Record<string, unknown>>;

/** Reads a stored policy; anything that is not as expected makes it `unknown`, because an older or newer build may have written it. */
export function readPolicy(stored: Stored): Policy {
  const size = toNumber(stored['size']);
  const banding = toBandingPolicy(stored['banding']);
  switch (stored['rule']) {
    case 'band': {
      const minUsd = toNumber(stored['minUsd']);
      return minUsd === null ? UNKNOWN : { rule: 'band', minUsd, maxUsd: toNumber(stored['maxUsd']), banding };
    }
    case 'ranking': {
      const of = stored['of'];
      if (size === null || (of !== 'all' && of !== 'sector' && of !== 'industry')) return UNKNOWN;
      const isByCompany = stored['by'] === 'company';
      return { rule: 'ranking', of, value: toText(stored['value']), size, isByCompany, banding };
    }
    case 'measure': {
      const measure = stored['measure'];
      if (size === null || !isMeasureName(measure)) return UNKNOWN;
      return {
        rule: 'measure',
        measure,
        sessions: toNumber(stored['sessions']),
        size,
        order: stored['order'] === 'lowest' ? 'lowest' : 'highest',
        minPriceUsd: toNumber(stored['minPriceUsd']),
        minMarketCapUsd: toNumber(stored['minMarketCapUsd']),
        minDollarVolumeUsd: toNumber(stored['minDollarVolumeUsd']),
      };
    }
    case 'complete': {
      const of = stored['of'];
      if (of !== 'stocks' && of !== 'etfs') return UNKNOWN;
      if (size === null) return { rule: 'everything', of };
      return { rule: 'ranking', of, value: null, size, isByCompany: false, banding: null };
    }
    case 'theme':
      return {
        rule: 'theme',
        symbols: toTickers(stored['symbols']),
        pins: toTickers(stored['pins']),
        exclusions: toTickers(stored['exclusions']),
        hasRules: isMapping(stored['rules']),
        maxSize: toNumber(stored['maxSize']),
        minStaySessions: toNumber(stored['minStaySessions']) ?? 0,
      };
    case 'recent-ipo': {
      const days = toNumber(stored['days']);
      return days === null ? UNKNOWN : { rule: 'recent-ipo', days, group: toText(stored['group']) };
    }
    case 'etf':
      return { rule: 'etf', symbols: toTexts(stored['symbols']), isAll: stored['types'] === undefined };
    case 'combination': {
      const stocks = toNumber(stored['stocks']);
      return stocks === null ? UNKNOWN : { rule: 'combination', size: stocks, etfs: toTexts(stored['etfs']) };
    }
    default:
      return UNKNOWN;
  }
}

const UNKNOWN: Policy = { rule: 'unknown' };

/**
 * Where a symbol stands in the buffer of its universe; null for a universe without one.
 *
 * Edges: who came in within the minimum stay has a session until which it stays whatever its figures say.
 */
export function toBanding(
  why: WhyAnswer,
  policy: Policy,
  capLimits: WhyCapLimits | null,
  calendar: TradingCalendar,
): WhyBanding | null {
  if ((policy.rule !== 'band' && policy.rule !== 'ranking') || policy.banding === null) return null;
  const { minStaySessions } = policy.banding;
  const staysUntil = toStaysUntil(why, minStaySessions, calendar);
  if (policy.rule === 'ranking') {
    const [inRank, outRank] = [why.scope?.enter.place ?? null, why.scope?.leave.place ?? null];
    const state = toRankState(why.scope?.place ?? null, inRank, outRank);
    return { state, inRank, outRank, outBelowUsd: null, outAboveUsd: null, staysUntil };
  }
  if (capLimits === null) return null;
  const { outBelowUsd, outAboveUsd } = capLimits;
  const state = toCapState(why.marketCapUsd, capLimits);
  return { state, inRank: null, outRank: null, outBelowUsd, outAboveUsd, staysUntil };
}

function toCapState(
  capUsd: number | null,
  { minUsd, maxUsd, outBelowUsd, outAboveUsd }: WhyCapLimits,
): WhyBanding['state'] {
  if (capUsd === null) return 'unknown';
  if (capUsd >= minUsd && (maxUsd === null || capUsd < maxUsd)) return 'inside';
  if (capUsd < minUsd) return capUsd >= outBelowUsd ? 'buffer' : 'outside';
  return outAboveUsd !== null && outAboveUsd !== maxUsd && capUsd <= outAboveUsd ? 'buffer' : 'outside';
}

/** The first session on which a member may leave, where that is still to come. */
export function toStaysUntil(
  { member, since, session }: Pick<WhyAnswer, 'member' | 'since' | 'session'>,
  minStaySessions: number,
  calendar: TradingCalendar,
): WhyBanding['staysUntil'] {
  if (!member || since === null || minStaySessions < 1) return null;
  const until = calendar.next(since, minStaySessions);
  return until > session ? until : null;
}

function toRankState(place: number | null, inRank: number | null, outRank: number | null): WhyBanding['state'] {
  if (place === null || inRank === null || outRank === null) return 'unknown';
  if (place <= inRank) return 'inside';
  return place < outRank ? 'buffer' : 'outside';
}

function toBandingPolicy(stored: unknown): Banding | null {
  if (!isMapping(stored)) return null;
  return { minStaySessions: toNumber(stored['minStaySessions']) ?? 0 };
}

function toNumber(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function toText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** In the notation of every feed. */
function toTickers(value: unknown): string[] {
  return toTexts(value).flatMap(listNotations);
}

function toTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** The figure that ranks an ETF against those at the limits: assets where any of them are known, otherwise dollar volume. */
export function toEtfFigure({
  assetsUsd,
  scope,
}: Pick<WhyAnswer, 'assetsUsd' | 'scope'>): 'assetsUsd' | 'dollarVolumeUsd' {
  const known = [assetsUsd, scope?.enter.assetsUsd, scope?.leave.assetsUsd];
  return known.some((assets) => assets != null) ? 'assetsUsd' : 'dollarVolumeUsd';
}

/** What a ranking chooses from, and by what: `eligible stocks by market cap`. */
export function toScopeName(
  { of, value, isByCompany }: Extract<Policy, { rule: 'ranking' }>,
  why: Pick<WhyAnswer, 'assetsUsd' | 'scope'>,
): string {
  if (of === 'etfs') return `ETFs by ${toEtfFigure(why) === 'assetsUsd' ? 'assets' : 'dollar volume'}`;
  const counted = isByCompany ? 'companies' : 'stocks';
  if (value !== null) return `${counted} of the ${of} ${value} by market cap`;
  return isByCompany ? 'companies by market cap' : 'eligible stocks by market cap';
}
