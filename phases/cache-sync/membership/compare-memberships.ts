import type { Config } from '../../../src/config/schema/index.js';
import { formatCounted } from '../../../src/core/format-count.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { Exclusion, Market, Valued } from '../valuation/market.js';
import { toCurrent } from '../valuation/carry-past.js';
import { explainAbsence, isGoneIn, listHad } from './explain-absence.js';
import type { Ending, Universe, UniverseIdentity, UniverseRule } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';

/** A universe published before, with its current members. */
export interface OpenUniverse extends UniverseIdentity {
  readonly id: number;
  readonly symbols: readonly string[];
  /** First published in one of the sessions that are published again: it exists only if one of them selects it. */
  readonly isUnborn?: boolean;
  /** Its members from an earlier publish of the session, where they count: an empty selection must not remove them. */
  readonly seen?: readonly string[];
  /** Published earlier and no longer selected; it has no members. */
  readonly isRetired: boolean;
  /** Null, or absent where unknown: never retired; for retirements before this was recorded. */
  readonly retiredSession?: SessionDate | null;
  readonly firstSession?: SessionDate | null;
  /** Its record as `describeRecord` writes it; absent where it was not read. */
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
  /** The candidate: one universe, or every universe that would have changed. */
  readonly candidate: readonly HeldUniverse[];
}

/** Whether a hold of a gate is skipped: a forced run skips all, an approval those that were shown. */
export type GateSkip = (gate: string, universe: UniverseIdentity | null) => boolean;

export const EMPTY_SELECTION = 'empty-selection';

/** The gate of a universe that the configuration no longer has. */
const ENDED_BY_CONFIGURATION = 'configuration';

/** The reason of both changes of a member whose ticker was changed. */
export const RENAMED = 'RENAMED';

/** The reason of a removal: another company has taken the ticker without a break. */
const REUSED = 'REUSED';

/** The reason of a member that counted as delisted before. */
const TRADES_AGAIN = 'TRADES_AGAIN';

/** A universe that no rule selects any more, and why. */
interface Retirement extends UniverseIdentity {
  readonly reason: string;
}

export interface Comparison {
  readonly changes: readonly MembershipChange[];
  readonly holds: readonly Hold[];
  readonly retired: readonly Retirement[];
  /** Selected universes that are not held and will be published. */
  readonly published: readonly Universe[];
}

/** Reason of a universe that no rule matches: its extension was not loaded, or is gone for good. */
const RULE_REMOVED = 'RULE_REMOVED';

/**
 * Compares the selection with the open membership.
 *
 * Shape: in a partial sync `selected`, `open` and `rules` contain only what its mode may change; all other universes are neither held nor
 *        retired.
 * Edges: an empty selection of a universe with members is a hold, unless the universe allows it; a universe that is no longer selected
 *        follows its rule's `whenNotSelected`, and one with members that the configuration would end is a hold.
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
    // Members marked as delisted one by one explain an empty selection; members that merely disappeared from `symbols` do not.
    const had = listHad(before);
    const isExplained = had.every((symbol) => isGoneIn(market, symbol));
    const emptied = universe.members.length === 0 && had.length > 0 && !isExplained;
    if (emptied && universe.whenEmpty === 'hold' && !skips(EMPTY_SELECTION, universe)) {
      holds.push(toHold(universe, before, market));
      continue;
    }
    published.push(universe);
    changes.push(...diffMembers(universe, before?.isUnborn === true ? undefined : before, market));
  }
  const retired: Retirement[] = [];
  const names = new Set(selected.map(toUniverseName));
  for (const absent of openByName.values()) {
    if (absent.isRetired) continue;
    const rule = rules.find((candidate) => candidate.matchesUniverse(absent));
    const ruleIsSilent = rule !== undefined && !selected.some((universe) => rule.matchesUniverse(universe));
    const absence = explainAbsence(rule, absent, { open, selected: names }, market) ??
      rule?.whenNotSelected(absent, config) ?? { reason: RULE_REMOVED, by: 'configuration' };
    if ((absence === 'hold' || ruleIsSilent) && !skips(EMPTY_SELECTION, absent)) {
      if (listHad(absent).length > 0) holds.push(toHold(absent, absent, market));
      continue;
    }
    if (absence !== 'hold' && absence.by === 'configuration' && !skips(ENDED_BY_CONFIGURATION, absent)) {
      if (listHad(absent).length > 0) {
        holds.push(toEndingHold(absent, absence, market));
        continue;
      }
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
  const former = findFormer(leaving, market);
  for (const member of universe.members) {
    if (leaving.delete(member.symbol)) {
      if (!market.taken.has(member.symbol)) continue;
      // A ticker that another company has taken leaves with the former one before it joins with the new one.
      changes.push(toRemoval(universe, member.symbol, market, REUSED));
    }
    if (before === undefined) {
      // All members of a first publish have the same reason: their figures would only repeat the valuation, a hundred thousand times.
      changes.push({ universe, symbol: member.symbol, action: 'added', reason: 'FIRST_PUBLISH', detail: null });
      continue;
    }
    const from = former.get(member.symbol);
    if (from !== undefined && leaving.delete(from)) {
      changes.push(...toRenamed(universe, from, member));
      continue;
    }
    const ruleReason = universe.memberReasons?.get(member.symbol) ?? universe.reasons.added;
    const reason = market.returned.has(member.symbol) ? TRADES_AGAIN : ruleReason;
    changes.push({ universe, symbol: member.symbol, action: 'added', reason, detail: describe(member) });
  }
  for (const symbol of leaving) {
    changes.push(toRemoval(universe, symbol, market, universe.memberReasons?.get(symbol) ?? universe.reasons.removed));
  }
  return changes;
}

/** Members by a ticker that has been changed: the present one → the former. A universe that was held may have had them for some sessions. */
function findFormer(members: ReadonlySet<string>, { renamed }: Market): Map<string, string> {
  const former = [...renamed.keys()].filter((symbol) => members.has(symbol));
  return new Map(former.map((symbol) => [toCurrent(symbol, renamed), symbol]));
}

/** The security stays a member, under its new ticker. */
function toRenamed(universe: UniverseIdentity, from: string, member: Valued): MembershipChange[] {
  return [
    { universe, symbol: from, action: 'removed', reason: RENAMED, detail: { to: member.symbol } },
    { universe, symbol: member.symbol, action: 'added', reason: RENAMED, detail: { ...describe(member), from } },
  ];
}

/** Members that continue under another ticker: the present one → the former. */
export function listFormer(changes: readonly MembershipChange[]): Map<string, string> {
  const renamed = changes.filter(({ action, reason }) => action === 'added' && reason === RENAMED);
  return new Map(renamed.map(({ symbol, detail }) => [symbol, String(detail?.['from'])]));
}

/** A change of the symbol itself explains a removal better than the rule. */
function toRemoval(universe: UniverseIdentity, symbol: string, market: Market, ruleReason: string): MembershipChange {
  // A security that has another ticker leaves for a reason of its own.
  const security = market.securities.get(toCurrent(symbol, market.renamed));
  if (market.taken.has(symbol)) return { universe, symbol, action: 'removed', reason: REUSED, detail: null };
  const ownReason = security === undefined ? 'INACTIVE' : findOwnReason(universe, security);
  return {
    universe,
    symbol,
    action: 'removed',
    reason: ownReason ?? ruleReason,
    detail: security ? describe(security) : null,
  };
}

/** Themes also contain depositary receipts and stocks without a market cap: neither is a reason to leave one. */
function findOwnReason({ type, name }: UniverseIdentity, security: Valued): Exclusion | 'ABSENT' | null {
  const { exclusion, type: securityType } = security;
  // Active, but without a bar for so long that it counts as delisted.
  if (exclusion === 'INACTIVE') return 'ABSENT';
  if (type !== 'stock_universe') return null;
  if (name !== 'themes') return exclusion;
  const explains = exclusion === 'NOT_LISTED_YET' || (exclusion === 'NOT_COMMON' && securityType !== 'ADRC');
  return explains ? exclusion : null;
}

/** Whether a removal is a delisting: the symbol is gone, not just out of the universe. */
export function isDelisting({ reason }: Pick<MembershipChange, 'reason'>): boolean {
  return reason === 'INACTIVE' || reason === 'ABSENT';
}

function describe(security: Valued): Record<string, unknown> {
  const { rank, marketCapUsd, sector, rawCapUsd } = security;
  return { rank, market_cap: marketCapUsd, sector, ...(rawCapUsd !== null && { suspect_market_cap: rawCapUsd }) };
}

function toHold(identity: UniverseIdentity, before: OpenUniverse | undefined, market: Market): Hold {
  return {
    ...toEmptied(identity, before, market, 'NOT_SELECTED'),
    gate: EMPTY_SELECTION,
    measured: 0,
    threshold: 1,
    message: `nothing was selected for it, so it keeps its ${listHad(before).length} members`,
  };
}

/** A folder of configuration that was forgotten, or has only a part of the lists, must not end universes without a word. */
function toEndingHold(absent: OpenUniverse, { reason }: Ending, market: Market): Hold {
  const members = listHad(absent).length;
  return {
    ...toEmptied(absent, absent, market, reason),
    gate: ENDED_BY_CONFIGURATION,
    measured: null,
    threshold: null,
    message:
      reason === RULE_REMOVED
        ? `no rule selects ${absent.key} any more, which would end with its ${formatCounted(members, 'member')}; approve it, or run with the extension that has its rule`
        : `the configuration no longer has ${absent.key}, which would end with its ${formatCounted(members, 'member')}; approve it, or configure it again`,
  };
}

function toEmptied(
  { type, name, key }: UniverseIdentity,
  before: OpenUniverse | undefined,
  market: Market,
  why: string,
): Pick<Hold, 'universe' | 'candidate'> {
  const universe = { type, name, key };
  const removed = [...listHad(before)].sort().map((symbol) => toRemoval(universe, symbol, market, why));
  return {
    universe,
    candidate: [{ ...universe, added: [], removed: removed.map(({ symbol, reason }) => ({ symbol, reason })) }],
  };
}
