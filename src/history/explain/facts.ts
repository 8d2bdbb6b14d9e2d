import type { SessionDate } from '../../core/session.js';
import type { MeasureLimits } from '../../core/ranking-measures.js';
import { isMeasureName, toMeasure } from './measure.js';
import type { Why, WhyAnswer, WhyCapLimits, WhyChange, WhyHold, WhyPlace, WhyScope } from './types.js';

/** What `pipeline.why` gives, its names in camel case; instants as the database writes them. */
export interface WhyFacts {
  readonly facts: SymbolFacts | null;
  readonly universe: { readonly policy: Readonly<Record<string, unknown>> };
  readonly figuresSession: SessionDate | null;
  readonly member: boolean;
  readonly since: SessionDate | null;
  readonly position: number | null;
  readonly size: number;
  readonly smallestMember: { readonly symbol: string; readonly marketCapUsd: number } | null;
  readonly entered: WhyChange | null;
  readonly left: WhyChange | null;
  readonly valuation: Valuation | null;
  readonly holds: readonly WhyHold[];
  /** As they are stored with the session; null: size does not decide, or they were not stored yet. */
  readonly limits: { readonly kind: 'rank' } | ({ readonly kind: 'cap' } & WhyCapLimits) | MeasureLimits | null;
  readonly scope: Scope | null;
}

interface SymbolFacts {
  readonly name: string | null;
  readonly type: string | null;
  readonly sector: string | null;
  readonly industry: string | null;
  readonly listDate: SessionDate | null;
  readonly active: boolean;
  readonly aumMillions: number | null;
}

type Valuation = Pick<
  Why,
  | 'close'
  | 'priceSession'
  | 'shares'
  | 'rawCapUsd'
  | 'dollarVolumeUsd'
  | 'marketCapUsd'
  | 'rank'
  | 'exclusion'
  | 'company'
  | 'flags'
> & {
  readonly source: Why['capSource'];
  readonly suspectSessions: number;
  readonly doubt: string | null;
  readonly countSince: SessionDate | null;
  readonly formerCounts: readonly (readonly [shares: number, until: SessionDate])[] | null;
};

type Scope = Omit<WhyScope, 'enter' | 'leave'> & {
  readonly enterPlace: number;
  readonly leavePlace: number;
  readonly enter: Holder | null;
  readonly leave: Holder | null;
};

type Holder = Omit<WhyPlace, 'place'>;

/** The facts in one answer. */
export function toWhy(
  { facts, universe, valuation, scope, limits, ...given }: WhyFacts,
  asked: Pick<Why, 'symbol' | 'universe' | 'title' | 'session' | 'asked'>,
): WhyAnswer {
  return {
    ...asked,
    name: facts?.name ?? null,
    type: facts?.type ?? null,
    sector: facts?.sector ?? null,
    industry: facts?.industry ?? null,
    policy: universe.policy,
    member: given.member,
    since: given.since,
    entered: toChange(given.entered),
    left: toChange(given.left),
    position: given.position,
    size: given.size,
    rank: valuation?.rank ?? null,
    scope: toScope(scope),
    measure: limits?.kind === 'measure' && isMeasureName(limits.measure) ? toMeasure(limits, asked.symbol) : null,
    marketCapUsd: valuation?.marketCapUsd ?? null,
    rawCapUsd: valuation?.rawCapUsd ?? null,
    suspectSessions: valuation?.suspectSessions ?? 0,
    doubt: valuation?.doubt ?? null,
    countSince: valuation?.countSince ?? null,
    formerCounts: (valuation?.formerCounts ?? []).map(([shares, until]) => ({ shares, until })),
    capSource: valuation?.source ?? null,
    close: valuation?.close ?? null,
    priceSession: valuation?.priceSession ?? null,
    shares: valuation?.shares ?? null,
    dollarVolumeUsd: valuation?.dollarVolumeUsd ?? null,
    assetsUsd: facts?.aumMillions == null ? null : Math.round(facts.aumMillions * 1e6),
    flags: valuation?.flags ?? [],
    exclusion: valuation?.exclusion ?? null,
    company: valuation?.company ?? null,
    figuresSession: given.figuresSession,
    holds: given.holds.map((hold) => ({ ...hold, decidedAt: hold.decidedAt && toInstant(hold.decidedAt) })),
  };
}

/** The limits of a band; null for other universes. */
export function toCapLimits({ limits }: WhyFacts): WhyCapLimits | null {
  return limits?.kind === 'cap' ? limits : null;
}

function toChange(change: WhyChange | null): WhyChange | null {
  return change && { ...change, knownAt: toInstant(change.knownAt) };
}

function toInstant(text: string): string {
  return new Date(text).toISOString();
}

function toScope(scope: Scope | null): WhyScope | null {
  if (scope === null) return null;
  const { place, size, symbols, enterPlace, enter, leavePlace, leave } = scope;
  return { place, size, symbols, enter: toPlace(enterPlace, enter), leave: toPlace(leavePlace, leave) };
}

function toPlace(place: number, holder: Holder | null): WhyPlace {
  return { place, ...(holder ?? { symbol: null, marketCapUsd: null, dollarVolumeUsd: null, assetsUsd: null }) };
}
