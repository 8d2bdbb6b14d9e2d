import type { GatesConfig } from '../../../src/config/schema/index.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { Market } from '../valuation/market.js';
import type { SessionMeasures } from './session-measures.js';
import type { UniverseIdentity } from '../universes/rule.js';
import type { TurnoverHistory } from './turnover-ratio.js';

/** What a gate found: `hold` keeps what was published before, `warn` only reports. */
export type GateStatus = 'pass' | 'warn' | 'hold';

/** One finding of one gate, kept in the report. */
export interface GateResult {
  readonly gate: string;
  readonly status: GateStatus;
  /** Null: about the session as a whole. */
  readonly universe: UniverseIdentity | null;
  /** The figure that was judged and what it was judged by, in the unit that the gate's docstring gives. Null: there was nothing to measure. */
  readonly measured: number | null;
  readonly threshold: number | null;
  /** One sentence with the figures, for people. */
  readonly message: string;
}

/** How many members of a universe a publish would exchange. */
export interface Turnover {
  readonly universe: UniverseIdentity;
  /** Members before. */
  readonly before: number;
  readonly added: number;
  readonly removed: number;
}

/** Everything gates look at; they do no I/O. */
export interface GateFacts {
  readonly session: SessionDate;
  readonly isEarlyClose: boolean;
  readonly market: Market;
  readonly measures: SessionMeasures;
  /** Of every universe that was published before and may change now. */
  readonly turnovers: readonly Turnover[];
  readonly history: TurnoverHistory;
  /** Market caps of the session before, by symbol ascending; to weigh who has no price. */
  readonly pastCaps: { readonly symbols: readonly string[]; readonly capsUsd: readonly (number | null)[] };
  /** Who has no bar since this session is not expected to have one; null: not known. */
  readonly tradedSince: SessionDate | null;
  readonly config: GatesConfig;
}

/** One file of `gates/`: judges a session or the universes that would be published from it. */
export interface Gate {
  readonly id: string;
  /** Raised whenever the gate judges differently: what was published is then judged again, although its input has not changed. */
  readonly version: number;
  /** What it says, also when all is well: without its line in the report a gate would seem not to have run. */
  check(facts: GateFacts): readonly GateResult[];
}
