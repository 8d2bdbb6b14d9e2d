import { NO_PAST_MEASURES } from '../../../../../phases/cache-sync/valuation/past-measures.js';
import type { Gate, GateFacts, GateResult } from '../../../../../phases/cache-sync/holds/gate.js';
import type { Market } from '../../../../../phases/cache-sync/valuation/market.js';
import {
  NO_MEASURES,
  type ExchangeMeasure,
  type SessionMeasures,
} from '../../../../../phases/cache-sync/holds/session-measures.js';
import { findLate } from '../../../../../phases/cache-sync/holds/late-feed.js';
import { NO_TURNOVER_HISTORY } from '../../../../../phases/cache-sync/holds/turnover-ratio.js';
import { loadConfig } from '../../../../../src/config/load.js';
import { MONDAY, TUESDAY } from '../../../../support/market.js';

/** The thresholds as they are shipped: `configOf` makes some of them milder. */
export const SHIPPED = loadConfig({ options: { import: { source: 'existing' } } }).config.gates;

/** An exchange on an ordinary day: 98 % of 4,000 previous closes agree, 5 % of closes are unchanged. */
export function exchangeOf(parts: Partial<ExchangeMeasure> = {}): ExchangeMeasure {
  return {
    exchange: 'NASDAQ',
    bars: 4000,
    previousBars: 4000,
    compared: 4000,
    unchanged: 200,
    withPreviousClose: 4000,
    matching: 3920,
    medianVolume: 100_000,
    withEarlierClose: 4000,
    matchingEarlier: 400,
    repeatedEarlier: 0,
    flat: 0,
    ...parts,
  };
}

export function measuresOf(
  exchanges: readonly ExchangeMeasure[],
  parts: Partial<SessionMeasures> = {},
): SessionMeasures {
  const measures = { ...NO_MEASURES, previousSession: MONDAY, isPreviousMissing: false, exchanges, ...parts };
  return { ...measures, late: findLate(measures, SHIPPED) };
}

const NO_MARKET: Market = {
  session: TUESDAY,
  stocks: [],
  companies: [],
  classes: new Map(),
  companyDoubts: [],
  sectors: [],
  industries: [],
  etfs: [],
  securities: new Map(),
  newListings: new Map(),
  renames: new Map(),
  taken: new Set(),
  returned: new Set(),
  undecided: new Set(),
  probableRenames: [],
  renamed: new Map(),
  tickerSince: new Map(),
  past: { membersOf: () => new Map(), sessionsSince: () => 0 },
  pastMeasures: NO_PAST_MEASURES,
};

/** An ordinary Tuesday with the shipped thresholds, parts of it replaced. */
export function factsOf(parts: Partial<GateFacts> = {}): GateFacts {
  return {
    session: TUESDAY,
    isEarlyClose: false,
    market: NO_MARKET,
    measures: measuresOf([exchangeOf()]),
    turnovers: [],
    replaced: [],
    history: NO_TURNOVER_HISTORY,
    pastFigures: { symbols: [], capsUsd: [], closes: [], suspects: new Map() },
    sectorMoves: [],
    tradedSince: null,
    config: SHIPPED,
    ...parts,
  };
}

/** A gate that judges the session as a whole has one finding. */
export function check(gate: Gate, parts: Partial<GateFacts>): GateResult {
  const [result, ...more] = gate.check(factsOf(parts));
  if (result === undefined || more.length > 0) throw new Error(`${gate.id} gave ${more.length} more findings than one`);
  return result;
}

/** Figures of the previous session; a close of 10 where none are given. */
export function pastOf(
  symbols: readonly string[],
  capsUsd: readonly number[],
  closes: readonly number[] = symbols.map(() => 10),
): GateFacts['pastFigures'] {
  return { symbols, capsUsd, closes, suspects: new Map() };
}
