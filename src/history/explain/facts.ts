import type { SessionDate } from '../../core/session.js';
import type { Why, WhyAnswer, WhyCapLimits, WhyChange, WhyHold, WhyPlace, WhyScope } from './types.js';

/** What `pipeline.why` gives. */
export interface WhyFacts {
  readonly facts: {
    readonly name: string | null;
    readonly type: string | null;
    readonly sector: string | null;
    readonly industry: string | null;
    readonly list_date: SessionDate | null;
    readonly active: boolean;
    readonly etf_type: string | null;
    readonly aum_millions: number | null;
  } | null;
  readonly universe: { readonly policy: Readonly<Record<string, unknown>> };
  readonly figures_session: SessionDate | null;
  readonly member: boolean;
  readonly since: SessionDate | null;
  readonly position: number | null;
  readonly size: number;
  readonly smallest_member: { readonly symbol: string; readonly market_cap_usd: number } | null;
  readonly entered: RawChange | null;
  readonly left: RawChange | null;
  readonly valuation: {
    readonly close: number | null;
    readonly price_session: SessionDate | null;
    readonly shares: number | null;
    readonly market_cap_usd: number | null;
    readonly raw_cap_usd: number | null;
    readonly dollar_volume_usd: number | null;
    readonly source: Why['capSource'];
    readonly rank: number | null;
    readonly exclusion: string | null;
    readonly flags: readonly string[];
    readonly suspect_sessions: number;
  } | null;
  readonly holds: readonly RawHold[];
  /** As they are stored with the session; null: size does not decide, or they were not stored yet. */
  readonly limits: RawLimits | null;
  readonly scope: {
    readonly place: number | null;
    readonly size: number;
    readonly symbols: number;
    readonly enter_place: number;
    readonly leave_place: number;
    readonly enter: RawPlace | null;
    readonly leave: RawPlace | null;
  } | null;
}

type RawLimits =
  | { readonly kind: 'rank' }
  | {
      readonly kind: 'cap';
      readonly min_usd: number;
      readonly max_usd: number | null;
      readonly out_below_usd: number;
      readonly out_above_usd: number | null;
    };

interface RawChange {
  readonly session: SessionDate;
  readonly reason: string;
  readonly run_id: string;
  readonly known_at: string;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

interface RawHold {
  readonly id: number;
  readonly gate: string;
  readonly whole_session: boolean;
  readonly measured: number | null;
  readonly threshold: number | null;
  readonly message: string | null;
  readonly state: WhyHold['state'];
  readonly decided_by: string | null;
  readonly decided_at: string | null;
  readonly decision_reason: string | null;
}

interface RawPlace {
  readonly symbol: string;
  readonly market_cap_usd: number | null;
  readonly dollar_volume_usd: number | null;
}

/** The facts as the library names them. */
export function toWhy(
  raw: WhyFacts,
  asked: Pick<Why, 'symbol' | 'universe' | 'title' | 'session' | 'asked'>,
): WhyAnswer {
  const { facts, valuation } = raw;
  return {
    ...asked,
    name: facts?.name ?? null,
    type: facts?.type ?? null,
    sector: facts?.sector ?? null,
    industry: facts?.industry ?? null,
    policy: raw.universe.policy,
    member: raw.member,
    since: raw.since,
    entered: toChange(raw.entered),
    left: toChange(raw.left),
    position: raw.position,
    size: raw.size,
    rank: valuation?.rank ?? null,
    scope: toScope(raw.scope),
    marketCapUsd: valuation?.market_cap_usd ?? null,
    rawCapUsd: valuation?.raw_cap_usd ?? null,
    suspectSessions: valuation?.suspect_sessions ?? 0,
    capSource: valuation?.source ?? null,
    close: valuation?.close ?? null,
    priceSession: valuation?.price_session ?? null,
    shares: valuation?.shares ?? null,
    dollarVolumeUsd: valuation?.dollar_volume_usd ?? null,
    flags: valuation?.flags ?? [],
    exclusion: valuation?.exclusion ?? null,
    figuresSession: raw.figures_session,
    holds: raw.holds.map(toHold),
  };
}

function toChange(raw: RawChange | null): WhyChange | null {
  if (raw === null) return null;
  const { session, reason, run_id: runId, known_at: knownAt, detail } = raw;
  return { session, reason, runId, knownAt: new Date(knownAt).toISOString(), detail };
}

function toScope(raw: WhyFacts['scope']): WhyScope | null {
  if (raw === null) return null;
  const { place, size, symbols } = raw;
  return {
    place,
    size,
    symbols,
    enter: toPlace(raw.enter_place, raw.enter),
    leave: toPlace(raw.leave_place, raw.leave),
  };
}

/** The limits of a band; null for other universes. */
export function toCapLimits({ limits }: WhyFacts): WhyCapLimits | null {
  if (limits?.kind !== 'cap') return null;
  const { min_usd: minUsd, max_usd: maxUsd, out_below_usd: outBelowUsd, out_above_usd: outAboveUsd } = limits;
  return { minUsd, maxUsd, outBelowUsd, outAboveUsd };
}

function toPlace(place: number, raw: RawPlace | null): WhyPlace {
  return {
    place,
    symbol: raw?.symbol ?? null,
    marketCapUsd: raw?.market_cap_usd ?? null,
    dollarVolumeUsd: raw?.dollar_volume_usd ?? null,
  };
}

function toHold(raw: RawHold): WhyHold {
  const { id, gate, measured, threshold, message, state } = raw;
  return {
    id,
    gate,
    wholeSession: raw.whole_session,
    measured,
    threshold,
    message,
    state,
    decidedBy: raw.decided_by,
    decidedAt: raw.decided_at === null ? null : new Date(raw.decided_at).toISOString(),
    decisionReason: raw.decision_reason,
  };
}
