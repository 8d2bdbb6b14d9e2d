import type { MeasureName } from '../../core/ranking-measures.js';
import type { SessionDate } from '../../core/session.js';

/** Why a symbol was a member of a universe on a session, or was not. */
export interface Why {
  readonly symbol: string;
  readonly name: string | null;
  readonly type: string | null;
  readonly sector: string | null;
  readonly industry: string | null;
  readonly universe: string;
  readonly title: string;
  /** The universe's rule with its parameters, as they are now: earlier ones are not kept. */
  readonly policy: Readonly<Record<string, unknown>>;
  readonly session: SessionDate;
  /** The date as it was asked for; null for now. */
  readonly asked: SessionDate | null;
  readonly member: boolean;
  readonly since: SessionDate | null;
  /** What began the membership; null for who is no member, and where the audit has no row of it. */
  readonly entered: WhyChange | null;
  /** What ended the last membership of who is no member any more. */
  readonly left: WhyChange | null;
  /** Place among the members in published order, from 1; null for who is no member. */
  readonly position: number | null;
  /** Members on the session. */
  readonly size: number;
  /** Among all eligible stocks; null for what is none. */
  readonly rank: number | null;
  /** Those that the universe chooses from by size; null where it does not. */
  readonly scope: WhyScope | null;
  /** Its standing in a ranking by a measure; null for other universes, and where it was not stored yet. */
  readonly measure: WhyMeasure | null;
  /** USD; the figure that ranks. */
  readonly marketCapUsd: number | null;
  /** USD; the figure as it came, where it is suspect and another ranks in its place. */
  readonly rawCapUsd: number | null;
  /** Sessions in a row that the raw figure has been suspect. */
  readonly suspectSessions: number;
  /** Why the raw figure is not believed: SHARE_COUNT, SPLIT_LAG, PRICE_MOVE, FIRST_FIGURE or WITHDRAWN; null: it is. */
  readonly doubt: string | null;
  /** Session since which the share count, market cap by close, has been believed; null: not known, or for long. */
  readonly countSince: SessionDate | null;
  /** Share counts believed lately, in shares of the session, each with the last session. */
  readonly formerCounts: readonly { readonly shares: number; readonly until: SessionDate }[];
  readonly capSource: 'close_x_shares' | 'source_market_cap' | 'none' | null;
  readonly close: number | null;
  /** Session that the close is of. */
  readonly priceSession: SessionDate | null;
  readonly shares: number | null;
  readonly dollarVolumeUsd: number | null;
  /** USD; assets of an ETF. Null: not known. */
  readonly assetsUsd: number | null;
  readonly flags: readonly string[];
  /** Why it is no eligible stock; null for one, and where there are no figures of it. */
  readonly exclusion: string | null;
  /** Ticker of the class that stands for the company, where it has several; null: it has one. */
  readonly company: string | null;
  /** Session that the figures are of: the newest with figures by then. */
  readonly figuresSession: SessionDate | null;
  readonly banding: WhyBanding | null;
  /** Holds of the session, of this universe or of all. */
  readonly holds: readonly WhyHold[];
  /** What would change it. */
  readonly flips: readonly WhyFlip[];
  /** The same for people, the most important first. */
  readonly sentences: readonly string[];
}

export interface WhyChange {
  readonly session: SessionDate;
  readonly reason: string;
  readonly runId: string;
  /** UTC. */
  readonly knownAt: string;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

export interface WhyScope {
  /** Null: not among them. */
  readonly place: number | null;
  /** How many are chosen. */
  readonly size: number;
  /** From how many. */
  readonly symbols: number;
  /** The place at which one comes in, and who holds it. */
  readonly enter: WhyPlace;
  /** The place at which a member goes, and who holds it. */
  readonly leave: WhyPlace;
}

export interface WhyPlace {
  readonly place: number;
  /** Null: there are fewer. */
  readonly symbol: string | null;
  readonly marketCapUsd: number | null;
  readonly dollarVolumeUsd: number | null;
  readonly assetsUsd: number | null;
}

/** A standing in a ranking by a measure. Units: USD, shares or percent, as the measure has. */
export interface WhyMeasure {
  readonly name: MeasureName;
  /** Number of sessions it is measured over; null: the session alone. */
  readonly sessions: number | null;
  readonly order: 'highest' | 'lowest';
  /** Null: none, or beyond the places that are stored. */
  readonly figure: number | null;
  readonly place: number | null;
  /** How many are chosen, from how many with the measure that pass the filters. */
  readonly size: number;
  readonly candidates: number;
  /** How many places are stored. */
  readonly known: number;
  /** The last place that is in; null: none is. */
  readonly last: WhyMeasurePlace | null;
  /** The first that is not; null: there is none. */
  readonly next: WhyMeasurePlace | null;
}

interface WhyMeasurePlace {
  readonly place: number;
  readonly symbol: string;
  readonly figure: number;
}

/** Market caps at which a band is entered and left, as they were applied in the session. Units: USD. */
export interface WhyCapLimits {
  readonly minUsd: number;
  readonly maxUsd: number | null;
  readonly outBelowUsd: number;
  readonly outAboveUsd: number | null;
}

/** Where a symbol stands in the buffer around a cut-off. */
export interface WhyBanding {
  readonly state: 'inside' | 'buffer' | 'outside' | 'unknown';
  /** Ranks of a ranking's buffer. */
  readonly inRank: number | null;
  readonly outRank: number | null;
  /** USD; limits of a band with its buffer. */
  readonly outBelowUsd: number | null;
  readonly outAboveUsd: number | null;
  /** First session on which a member may leave that came in lately; null when that is past. */
  readonly staysUntil: SessionDate | null;
}

export interface WhyHold {
  readonly id: number;
  readonly gate: string;
  /** Whether all universes were held. */
  readonly wholeSession: boolean;
  readonly measured: number | null;
  readonly threshold: number | null;
  readonly message: string | null;
  readonly state: 'open' | 'approved' | 'rejected';
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  readonly decisionReason: string | null;
}

/** One thing that would make a symbol a member, or end its membership. */
export interface WhyFlip {
  readonly change: 'enters' | 'leaves';
  /** Place among those the universe chooses from. */
  readonly rank: number | null;
  /** USD. */
  readonly capUsd: number | null;
  readonly dollarVolumeUsd: number | null;
  readonly assetsUsd: number | null;
  /** Percent that the symbol's own figure is away from that. */
  readonly movePct: number | null;
  readonly session: SessionDate | null;
  readonly text: string;
}

/** What is stored about a membership, before conclusions are drawn from it. */
export type WhyAnswer = Omit<Why, 'flips' | 'sentences' | 'banding'>;
