import type { TradingCalendar } from '../../core/calendar.js';
import type { WhyFacts } from './facts.js';
import type { Policy } from './policy.js';
import type { WhyAnswer, WhyBanding, WhyCapLimits } from './types.js';

/** An answer before its conclusions: what flips and sentences are made from. */
export interface WhyCase {
  readonly why: WhyAnswer;
  readonly banding: WhyBanding | null;
  readonly policy: Policy;
  /** Null: not a band, or its limits were not stored yet. */
  readonly capLimits: WhyCapLimits | null;
  readonly facts: WhyFacts['facts'];
  /** USD; of the smallest member with a market cap. */
  readonly smallestCapUsd: number | null;
  readonly calendar: TradingCalendar;
}
