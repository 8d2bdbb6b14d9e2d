import type { BandingConfig } from '../../../src/config/schema/index.js';
import type { MeasureLimits } from '../../../src/core/ranking-measures.js';
import type { Valued } from '../valuation/market.js';

/** Ranks at which stocks enter and leave a universe of the first `size`, as applied in the session. */
export interface RankLimits {
  readonly kind: 'rank';
  /** The rank that counts: among all eligible stocks, companies, those of one sector or industry, or ETFs by assets and dollar volume. */
  readonly of: 'stocks' | 'companies' | 'sector' | 'industry' | 'etfs';
  /** Key of the sector or industry; null for the whole market. */
  readonly group: string | null;
  readonly size: number;
  /** Number of candidates. */
  readonly candidates: number;
  /** In at this rank or better. */
  readonly enterRank: number;
  /** The stock at that rank; null: there were fewer. */
  readonly enterSymbol: string | null;
  /** Out at this rank or worse. */
  readonly leaveRank: number;
  readonly leaveSymbol: string | null;
}

/** Market caps at which stocks enter and leave a band. Units: USD. */
export interface CapLimits {
  readonly kind: 'cap';
  /** The band itself is [minUsd, maxUsd), open at the top where `maxUsd` is null. */
  readonly minUsd: number;
  readonly maxUsd: number | null;
  /** A member stays from here … */
  readonly outBelowUsd: number;
  /** … up to and including here; without a buffer above, that is `maxUsd`, which is already in the next band. Null: no limit. */
  readonly outAboveUsd: number | null;
}

/** What decides a universe by size, as stored with every session. */
export type UniverseLimits = RankLimits | CapLimits | MeasureLimits;

/** Ranks at which stocks enter and leave a ranking. */
export interface RankBuffer {
  /** In at this rank or better. */
  readonly inRank: number;
  /** Out at this rank or worse. */
  readonly outRank: number;
}

/** `ranked` are the candidates in rank order, from rank 1; without a buffer a member leaves at the first rank beyond the size. */
export function toRankLimits(
  ranked: readonly Valued[],
  { of, group, size, buffer }: Pick<RankLimits, 'of' | 'size'> & { group?: string; buffer?: RankBuffer },
): RankLimits {
  const { inRank: enterRank, outRank: leaveRank } = buffer ?? { inRank: size, outRank: size + 1 };
  const symbolAt = (rank: number): string | null => ranked[rank - 1]?.symbol ?? null;
  return {
    kind: 'rank',
    of,
    group: group ?? null,
    size,
    candidates: ranked.length,
    enterRank,
    enterSymbol: symbolAt(enterRank),
    leaveRank,
    leaveSymbol: symbolAt(leaveRank),
  };
}

/** The limits of a band with its buffer of `capPct` percent; 0 percent is a strict band. Units: USD. */
export function toCapLimits(
  minUsd: number,
  maxUsd: number | null,
  { capPct }: Pick<BandingConfig, 'capPct'> = { capPct: 0 },
): CapLimits {
  return {
    kind: 'cap',
    minUsd,
    maxUsd,
    outBelowUsd: (minUsd * (100 - capPct)) / 100,
    outAboveUsd: maxUsd === null ? null : (maxUsd * (100 + capPct)) / 100,
  };
}
