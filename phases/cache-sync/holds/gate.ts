import type { GatesConfig } from '../../../src/config/schema/index.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { Market } from '../valuation/market.js';
import type { PastFigures } from '../valuation/past.js';
import type { SessionMeasures } from './session-measures.js';
import type { UniverseIdentity } from '../universes/rule.js';
import type { TurnoverHistory } from './turnover-ratio.js';

/** Verdict of a gate: `hold` keeps what was published before, `warn` only reports. */
export type GateStatus = 'pass' | 'warn' | 'hold';

/** One finding of one gate, stored in the report. */
export interface GateResult {
  readonly gate: string;
  readonly status: GateStatus;
  /** Null: the session as a whole. */
  readonly universe: UniverseIdentity | null;
  /** The measured figure and its limit, in the unit of the gate's docstring. Null: nothing to measure. */
  readonly measured: number | null;
  readonly threshold: number | null;
  /** One sentence with the figures, for people. */
  readonly message: string;
  /** The universe is published without those of its changes that are in doubt. */
  readonly withholdsDoubtful?: boolean;
}

/** The number of members of a universe that a publish would exchange. */
export interface Turnover {
  readonly universe: UniverseIdentity;
  /** Members before. */
  readonly before: number;
  readonly added: number;
  readonly removed: number;
  /** Of those, with a figure that is not believed, or an identity that a person must decide about. */
  readonly doubtful: number;
}

/** A row that another program wrote and that this publish would replace. */
export interface ReplacedRow {
  /** `type/name/key`, or `definition_groups/TYPE/name`. */
  readonly place: string;
  readonly before: number;
  /** Of those, members that the selection does not have. */
  readonly removed: number;
}

/** Stocks that went from one sector to another since the previous published session. */
export interface SectorMove {
  readonly from: string;
  readonly to: string;
  readonly stocks: number;
}

/** Input of the gates; they do no I/O. */
export interface GateFacts {
  readonly session: SessionDate;
  readonly isEarlyClose: boolean;
  readonly market: Market;
  readonly measures: SessionMeasures;
  /** Turnover of every universe that was published before and may change now. */
  readonly turnovers: readonly Turnover[];
  readonly replaced: readonly ReplacedRow[];
  readonly history: TurnoverHistory;
  /** Figures of the previous published session, by symbol ascending. */
  readonly pastFigures: Pick<PastFigures, 'symbols' | 'capsUsd' | 'closes' | 'suspects'>;
  /** Common stocks by the sector that they had then, where it is another one now. */
  readonly sectorMoves: readonly SectorMove[];
  /** A symbol without a bar since this session is not expected to have one; null: unknown. */
  readonly tradedSince: SessionDate | null;
  readonly config: GatesConfig;
}

/** One file of `gates/`: judges a session or the universes that would be published from it. */
export interface Gate {
  readonly id: string;
  /** Raised whenever the gate judges differently: published sessions are then judged again, although their input has not changed. */
  readonly version: number;
  /** Reported also when the gate passes: without its line in the report a gate would seem not to have run. */
  check(facts: GateFacts): readonly GateResult[];
}
