import type { Config } from '../../src/config/schema/index.js';
import type { TradingCalendar } from '../../src/core/calendar.js';
import type { SessionDate } from '../../src/core/session.js';
import { nextTurn } from '../../src/core/time-slice.js';
import { compareMemberships, type Comparison, type GateSkip } from './membership/compare-memberships.js';
import type { MembershipLedger } from './membership/membership-ledger.js';
import type { Gate, GateFacts, GateResult, ReplacedRow } from './holds/gate.js';
import { holdBack, isSessionHeld, listTurnovers } from './holds/hold-back.js';
import type { Market, Security } from './valuation/market.js';
import { findLate } from './holds/late-feed.js';
import type { BarMeasures, SessionMeasures } from './holds/session-measures.js';
import type { Universe } from './universes/rule.js';
import { selectUniverses } from './universes/select-universes.js';
import { addReused, findSymbolEvents, type SymbolEvent } from './membership/symbol-life.js';
import { toPastMembership } from './membership/past-membership.js';
import type { SyncPast } from './input/sync-input.js';
import type { ModeScope } from './modes.js';
import { carryMembership, carryPast, findTaken } from './valuation/carry-past.js';
import { findCompanyDecision, findOpen, findRenames, type SecurityLookup } from './valuation/renames.js';
import { valueStocks, type CompanyLists, type SuspectCounts } from './valuation/value-stocks.js';

/** The result of a session, before any of it is written. */
export interface ComputedSync {
  readonly market: Market;
  readonly suspectCounts: SuspectCounts;
  /** The selections of the rules, before holds. */
  readonly selected: readonly Universe[];
  /** The selections to publish and the holds, after the gates. */
  readonly comparison: Comparison;
  readonly gates: readonly GateResult[];
  readonly measures: SessionMeasures;
  readonly symbolEvents: readonly SymbolEvent[];
  readonly isSessionHeld: boolean;
}

/** The input of a session. */
export interface SyncInput {
  readonly session: SessionDate;
  readonly scope: ModeScope;
  readonly gates: readonly Gate[];
  readonly loaded: {
    readonly securities: Iterable<Security>;
    readonly lookup: SecurityLookup;
    readonly bars: BarMeasures;
  };
  readonly past: SyncPast;
  /** The membership before the session. */
  readonly ledger: Pick<MembershipLedger, 'compared' | 'since'>;
  /** Members by universe name from an earlier publish of the session, where they count. */
  readonly seen: ReadonlyMap<string, readonly string[]>;
  readonly skips: GateSkip;
  /** Reads what another program has stored where the selection would be published. Absent in a replay, which cannot know what was there. */
  readonly findReplaced?: ReplacedReader | undefined;
  /** Findings that a replay takes from the evening instead. */
  readonly recordedFindings?: readonly GateResult[];
}

type ReplacedReader = (selected: readonly Universe[]) => Promise<readonly ReplacedRow[]>;

/** Callbacks during the computation. */
export interface ComputeProgress {
  /** Called when the figures of the session are known, before universes are selected. */
  onValued?(market: Market): void;
  onSelected?(universes: number): void;
}

/**
 * Values, selects, compares and judges one session, without I/O of its own.
 *
 * Edges: a mode without cleanup finds no delistings; a held session finds no events at all.
 */
export async function computeSync(
  input: SyncInput,
  config: Config,
  calendar: TradingCalendar,
  progress: ComputeProgress = {},
): Promise<ComputedSync> {
  const { session, scope, ledger, loaded } = input;
  const { stalePriceSessions, suspectCaps, reuseAfterSessions } = config.universes;
  const cleansUp = scope.tasks.includes('delisted_cleanup');
  const { previousSession } = loaded.bars;
  const { renames, undecided, probable, probablyGone } = cleansUp
    ? findRenames(loaded.lookup, input.past.past, session, previousSession, calendar)
    : findOpen(loaded.lookup, session);
  const taken = cleansUp ? findTaken(loaded.lookup, input.past.past, renames) : [];
  const past = { ...input.past, past: carryPast(input.past.past, renames, taken, loaded.lookup, session) };
  const valued = await valueStocks(withoutDelisted(loaded.securities, past, session), session, {
    renamed: new Set(renames.map(({ from }) => from)),
    probablyRenamed: probablyGone,
    oldestPrice: stalePriceSessions === 0 ? session : calendar.previous(session, stalePriceSessions),
    past: cleansUp ? past.past : { ...past.past, absentBefore: null, quietAbsentBefore: null },
    membership: carryMembership(toPastMembership(ledger.since, session, calendar), renames, taken),
    suspectCaps: {
      ...suspectCaps,
      calendar,
      moves: loaded.lookup.moves,
      decisions: loaded.lookup.countDecisions,
    },
    companyEvidence: {
      cikOf: loaded.lookup.cikOf,
      decisionOf: findCompanyDecision(loaded.lookup.decisions),
      wasLead: (symbol) => past.past.figures.leads.has(symbol),
    },
    companiesRankedIn: toCompanyLists(config.universes),
  });
  progress.onValued?.(valued);
  await nextTurn();
  const named: Market = {
    ...valued,
    taken: new Set(taken),
    undecided,
    probableRenames: probable,
    renames: new Map(renames.map((rename) => [rename.to, rename])),
    pastMeasures: input.past.pastMeasures,
  };
  const events = cleansUp ? findSymbolEvents(named, input.past.past, calendar, reuseAfterSessions) : [];
  const market: Market = {
    ...named,
    returned: new Set(events.flatMap(({ symbol, event }) => (event === 'relisted' ? [symbol] : []))),
    newListings: addReused(named.newListings, events, session),
  };
  const selected = await selectUniverses(scope.rules, market, config);
  progress.onSelected?.(selected.length);
  await nextTurn();
  const ownOpen = ledger.compared(input.seen).filter((universe) => scope.has(universe));
  const candidate = compareMemberships(selected, ownOpen, scope.rules, market, config, input.skips);
  const known = {
    ...input.loaded.bars,
    ...past.usual,
    isPreviousMissing: input.loaded.bars.previousSession !== calendar.previous(session),
  };
  const measures: SessionMeasures = { ...known, late: findLate(known, config.gates) };
  const facts = {
    session,
    isEarlyClose: calendar.isEarlyClose(session),
    market,
    measures,
    turnovers: listTurnovers(candidate, ownOpen, market),
    replaced: (await input.findReplaced?.(selected)) ?? [],
    history: past.history,
    pastFigures: past.past.figures,
    sectorMoves: past.sectorMoves,
    tradedSince: past.past.tradedSince,
    config: config.gates,
  };
  const found = input.gates.flatMap((gate) => checkBy(gate, facts));
  const recorded = input.recordedFindings ?? [];
  const gates = [...found.filter(({ gate }) => recorded.every((each) => each.gate !== gate)), ...recorded];
  const comparison = holdBack(candidate, gates, input.skips, market);
  const isHeld = isSessionHeld(comparison);
  return {
    market,
    suspectCounts: valued.suspectCounts,
    selected,
    comparison,
    gates,
    measures,
    symbolEvents: isHeld ? [] : events,
    isSessionHeld: isHeld,
  };
}

/** @throws an error that names the gate: it may be one of a host */
function checkBy(gate: Gate, facts: GateFacts): readonly GateResult[] {
  try {
    return gate.check(facts);
  } catch (cause) {
    throw new Error(`the gate "${gate.id}" failed: ${(cause as Error).message}`, { cause });
  }
}

function toCompanyLists({ sectorLeaders, industryGroups }: Config['universes']): CompanyLists {
  return { sectors: sectorLeaders.by === 'company', industries: industryGroups.by === 'company' };
}

/** A security already delisted, and a ticker that was changed before, stays gone until it has a bar again, even if the host lists it as active. */
function withoutDelisted(
  securities: Iterable<Security>,
  { past: { delisted } }: Pick<SyncPast, 'past'>,
  session: SessionDate,
): Iterable<Security> {
  if (delisted.size === 0) return securities;
  return {
    *[Symbol.iterator]() {
      for (const security of securities)
        if (security.priceSession === session || !delisted.has(security.symbol)) yield security;
    },
  };
}
