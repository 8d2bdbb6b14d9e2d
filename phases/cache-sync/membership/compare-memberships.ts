import type { Config } from '../../../src/config/schema/index.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { Exclusion, Market, Valued } from '../valuation/market.js';
import type { Universe, UniverseIdentity, UniverseRule } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';

/** A universe published before, with the members it has now. */
export interface OpenUniverse extends UniverseIdentity {
  readonly id: number;
  readonly symbols: readonly string[];
  /** First published in one of the sessions that are published again: it exists only if one of them gives it. */
  readonly isUnborn?: boolean;
  /** Members that an earlier publish of the session gave it, where they count: an empty selection must not take them back. */
  readonly seen?: readonly string[];
  /** Published once and not any more; it has no members. */
  readonly isRetired: boolean;
  /** Null, or absent where nothing is known: never retired; of before such sessions were recorded. */
  readonly retiredSession?: SessionDate | null;
  readonly firstSession?: SessionDate | null;
  /** What is recorded of it, as `describeRecord` has it; absent where it was not read. */
  readonly record?: string;
}

export interface MembershipChange {
  readonly universe: UniverseIdentity;
  readonly symbol: string;
  readonly action: 'added' | 'removed';
  readonly reason: string;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

/** What would have been published of one universe. */
export interface HeldUniverse extends UniverseIdentity {
  readonly added: readonly HeldChange[];
  readonly removed: readonly HeldChange[];
}

interface HeldChange {
  readonly symbol: string;
  readonly reason: string;
}

/** A universe, or the whole session, that keeps its members because the new selection cannot be right. */
export interface Hold {
  /** Null: the session as a whole. */
  readonly universe: UniverseIdentity | null;
  readonly gate: string;
  readonly measured: number | null;
  readonly threshold: number | null;
  readonly message: string;
  /** What is held back: one universe, or every universe that would have changed. */
  readonly candidate: readonly HeldUniverse[];
}

/** Whether a gate's hold is let through: a forced run skips all, an approval those that were shown. */
export type GateSkip = (gate: string, universe: UniverseIdentity | null) => boolean;

export const EMPTY_SELECTION = 'empty-selection';

/** A universe that no rule gives any more, and why. */
interface Retirement extends UniverseIdentity {
  readonly reason: string;
}

export interface Comparison {
  readonly changes: readonly MembershipChange[];
  readonly holds: readonly Hold[];
  readonly retired: readonly Retirement[];
  /** Selected universes that are not held: what gets published. */
  readonly published: readonly Universe[];
}

/**
 * Compares the selection with the open membership.
 *
 * Shape: of a partial sync `selected`, `open` and `rules` hold only what its mode may change; what is not given is neither held nor retired.
 * Edges: an empty selection where there were members is a hold, unless the universe says that it can be a fact; a universe that is no
 *        longer given follows its rule's `whenNotSelected`.
 */
export function compareMemberships(
  selected: readonly Universe[],
  open: readonly OpenUniverse[],
  rules: readonly UniverseRule[],
  market: Market,
  config: Config,
  skips: GateSkip,
): Comparison {
  const openByName = new Map(open.map((universe) => [toUniverseName(universe), universe]));
  const changes: MembershipChange[] = [];
  const holds: Hold[] = [];
  const published: Universe[] = [];
  for (const universe of selected) {
    const before = openByName.get(toUniverseName(universe));
    openByName.delete(toUniverseName(universe));
    // Members that were found delisted one by one are reason enough; who is only gone from `symbols` is not.
    const had = listHad(before);
    const isExplained = had.every((symbol) => market.securities.get(symbol)?.exclusion === 'INACTIVE');
    const emptied = universe.members.length === 0 && had.length > 0 && !isExplained;
    if (emptied && universe.whenEmpty === 'hold' && !skips(EMPTY_SELECTION, universe)) {
      holds.push(toHold(universe, before, market));
      continue;
    }
    published.push(universe);
    changes.push(...diffMembers(universe, before?.isUnborn === true ? undefined : before, market));
  }
  const retired: Retirement[] = [];
  for (const absent of openByName.values()) {
    if (absent.isRetired) continue;
    const rule = rules.find((candidate) => candidate.matchesUniverse(absent));
    const ruleIsSilent = rule !== undefined && !selected.some((universe) => rule.matchesUniverse(universe));
    const absence = rule?.whenNotSelected(absent, config) ?? { reason: 'RULE_REMOVED' };
    if ((absence === 'hold' || ruleIsSilent) && !skips(EMPTY_SELECTION, absent)) {
      if (listHad(absent).length > 0) holds.push(toHold(absent, absent, market));
      continue;
    }
    const { type, name, key } = absent;
    const gone = { type, name, key, reason: absence === 'hold' ? 'UNIVERSE_ABSENT' : absence.reason };
    retired.push(gone);
    changes.push(...absent.symbols.map((symbol) => toRemoval(gone, symbol, market, gone.reason)));
  }
  return { changes, holds, retired, published };
}

function diffMembers(universe: Universe, before: OpenUniverse | undefined, market: Market): MembershipChange[] {
  const changes: MembershipChange[] = [];
  const leaving = new Set(before?.symbols);
  for (const member of universe.members) {
    if (leaving.delete(member.symbol)) continue;
    changes.push({
      universe,
      symbol: member.symbol,
      action: 'added',
      reason:
        before === undefined ? 'FIRST_PUBLISH' : (universe.memberReasons?.get(member.symbol) ?? universe.reasons.added),
      // A first publish has one reason for everybody: figures a hundred thousand times over would only repeat the valuation.
      detail: before === undefined ? null : describe(member),
    });
  }
  for (const symbol of leaving) {
    changes.push(toRemoval(universe, symbol, market, universe.memberReasons?.get(symbol) ?? universe.reasons.removed));
  }
  return changes;
}

/** Something about the symbol itself explains a removal better than the rule does. */
function toRemoval(universe: UniverseIdentity, symbol: string, market: Market, ruleReason: string): MembershipChange {
  const security = market.securities.get(symbol);
  const ownReason = security === undefined ? 'INACTIVE' : findOwnReason(universe, security);
  return {
    universe,
    symbol,
    action: 'removed',
    reason: ownReason ?? ruleReason,
    detail: security ? describe(security) : null,
  };
}

/** Themes take depositary receipts and stocks without a market cap too: neither is a reason to leave one. */
function findOwnReason({ type, name }: UniverseIdentity, security: Valued): Exclusion | 'ABSENT' | null {
  const { exclusion, type: securityType } = security;
  // Known as active, but without a bar for so long that it is taken for delisted.
  if (exclusion === 'INACTIVE') return 'ABSENT';
  if (type !== 'stock_universe') return null;
  if (name !== 'themes') return exclusion;
  const explains = exclusion === 'NOT_LISTED_YET' || (exclusion === 'NOT_COMMON' && securityType !== 'ADRC');
  return explains ? exclusion : null;
}

/** Whether a removal is a delisting: the symbol is gone, not only out of the universe. */
export function isDelisting({ reason }: Pick<MembershipChange, 'reason'>): boolean {
  return reason === 'INACTIVE' || reason === 'ABSENT';
}

function describe(security: Valued): Record<string, unknown> {
  const { rank, marketCapUsd, sector, rawCapUsd } = security;
  return { rank, market_cap: marketCapUsd, sector, ...(rawCapUsd !== null && { suspect_market_cap: rawCapUsd }) };
}

function listHad(before: OpenUniverse | undefined): readonly string[] {
  if (before === undefined) return [];
  return before.symbols.length > 0 ? before.symbols : (before.seen ?? []);
}

function toHold({ type, name, key }: UniverseIdentity, before: OpenUniverse | undefined, market: Market): Hold {
  const universe = { type, name, key };
  const removed = [...listHad(before)].sort().map((symbol) => toRemoval(universe, symbol, market, 'NOT_SELECTED'));
  const candidate = { ...universe, added: [], removed: removed.map(({ symbol, reason }) => ({ symbol, reason })) };
  return {
    universe,
    gate: EMPTY_SELECTION,
    measured: 0,
    threshold: 1,
    message: `nothing was selected for it, so it keeps its ${listHad(before).length} members`,
    candidate: [candidate],
  };
}
