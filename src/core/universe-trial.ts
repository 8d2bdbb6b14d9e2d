import type { SessionDate } from './session.js';

/** Universes to compute for one session, from the settings of the pipeline. */
export interface TrialRequest {
  readonly session: SessionDate;
  /** Keys of rankings and bands. */
  readonly keys: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** What universes would contain, without publishing any. */
export interface UniverseTrial {
  readonly session: SessionDate;
  readonly universes: readonly TriedUniverse[];
}

export interface TriedUniverse {
  readonly key: string;
  readonly title: string;
  /** What orders the members, for people: `market cap`, `return over 20 sessions`. */
  readonly measure: string;
  /** From every listed security to the members. */
  readonly steps: readonly FunnelStep[];
  /** In order. */
  readonly members: readonly TriedMember[];
}

/** One step of a funnel. */
export interface FunnelStep {
  /** What is removed, for people; of the first step what there is. */
  readonly step: string;
  readonly removed: number;
  readonly left: number;
}

export interface TriedMember {
  readonly position: number;
  readonly symbol: string;
  readonly name: string | null;
  /** In the unit of the measure; USD for market caps. */
  readonly figure: number | null;
  /** The same for people. */
  readonly figureText: string;
  readonly marketCapUsd: number | null;
  readonly close: number | null;
  readonly sector: string | null;
}
