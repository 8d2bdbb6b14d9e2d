import { formatCount, formatCounted } from '../../../src/core/format-count.js';
import type { PhaseReport } from '../../../src/core/phase.js';
import type { ComputedSync } from '../compute-sync.js';
import type { GateResult } from '../holds/gate.js';
import type { OpenedHold } from '../holds/write-holds.js';
import type { WrittenGroups } from '../groups/write-groups.js';
import type { HeldNow, LastSync } from '../input/last-sync.js';
import type { Market } from '../valuation/market.js';
import { summarizeChanges } from './changes-summary.js';
import { describeEligibility, describeUnusable } from './describe-eligibility.js';
import { draftChanges, draftHolds } from './events.js';
import { toUniverseName } from '../universes/select-universes.js';
import type { ModeScope } from '../modes.js';
import type { UniverseChange } from '../membership/universe-changes.js';
import { countBy } from '../../../src/core/count-by.js';

/** Results of a publish besides the comparison. */
interface PublishFacts {
  readonly counts: MarketCounts;
  readonly scope: ModeScope;
  readonly universeChanges: readonly UniverseChange[];
  /** The holds that this publish opened. */
  readonly opened: readonly OpenedHold[];
  /** Universe name → the name that people use. */
  readonly names: ReadonlyMap<string, string>;
  readonly capsRewritten: number;
  readonly written: number;
  readonly deleted: number;
  readonly groups: Pick<WrittenGroups, 'written' | 'deleted'>;
  /** Rows that a unique key of the table does not allow. */
  readonly leftOut: readonly string[];
  /** Warnings from reading the input. */
  readonly warnings: readonly string[];
  readonly hashes: { readonly input: string; readonly membership: string };
  readonly unknownThemeSymbols: readonly string[];
}

const REPORTED_SYMBOLS = 20;
const REPORTED_ROWS = 30;

/** Securities by the warning about them. */
export interface MarketCounts {
  readonly exclusions: Readonly<Record<string, number>>;
  readonly capSources: Readonly<Record<string, number>>;
  readonly flags: Readonly<Record<string, number>>;
}

export function countMarket({ securities, stocks }: Market): MarketCounts {
  const all = [...securities.values()];
  return {
    exclusions: countBy(all.map((security) => security.exclusion)),
    capSources: countBy(stocks.map((stock) => stock.capSource)),
    flags: countBy(all.flatMap((security) => security.flags)),
  };
}

export function describeSync(computed: ComputedSync, facts: PublishFacts): PhaseReport {
  const { market, comparison, suspectCounts, gates, symbolEvents } = computed;
  const added = comparison.changes.filter((change) => change.action === 'added').length;
  const removed = comparison.changes.length - added;
  const held = uniqueHeld(comparison.holds);
  const universes = computed.isSessionHeld ? 0 : comparison.published.length + held.length;
  return {
    summary: computed.isSessionHeld
      ? `the session is held: ${describeGates(comparison.holds)}; every universe keeps its members`
      : (facts.scope.mode === 'full'
          ? `${formatCount(market.stocks.length)} stocks in `
          : `only ${facts.scope.mode}: `) +
        `${formatCounted(universes, 'universe')}, ` +
        `${formatCount(added)} added, ${formatCount(removed)} removed, ${formatCounted(facts.written, 'row')} of cache_entries written` +
        (held.length > 0 ? `, ${formatCounted(held.length, 'universe')} held` : ''),
    changed:
      comparison.changes.length + facts.written + facts.deleted + facts.groups.written + facts.groups.deleted > 0,
    held: held.length > 0,
    counters: {
      symbols: market.securities.size,
      stocks: market.stocks.length,
      universes,
      added,
      removed,
      held: held.length,
      delisted: symbolEvents.filter(({ event }) => event === 'delisted').length,
      suspectCaps: suspectCounts.suspect,
      suspectCapsCleared: suspectCounts.cleared,
      suspectCapsAccepted: suspectCounts.accepted,
      rowsWritten: facts.written,
      rowsDeleted: facts.deleted,
      groupsWritten: facts.groups.written,
      groupsDeleted: facts.groups.deleted,
      marketCapsRewritten: facts.capsRewritten,
    },
    warnings: [
      ...describeWarnings(held, facts),
      ...describeEligibility(market),
      ...describeUnusable(market),
      ...describeIdleRules(comparison),
      ...facts.warnings,
      ...describeDoubts(gates),
    ],
    details: {
      ...facts.counts,
      reasons: countBy(comparison.changes.map((change) => change.reason)),
      gates: listFindings(gates),
      retired: comparison.retired.map(toUniverseName),
      held: held.map(toHeldName),
      unknownThemeSymbols: facts.unknownThemeSymbols,
      leftOut: facts.leftOut,
      ...summarizeChanges(facts.universeChanges, held, facts.scope),
    },
    hashes: facts.hashes,
    events: [...draftChanges(facts.universeChanges, market), ...draftHolds(facts.opened, facts.names)],
  };
}

/** Summary of a sync that only repeats an earlier one, of its own mode or of a wider one. */
export function describeUnchanged(
  last: LastSync,
  facts: {
    readonly scope: ModeScope;
    /** How many universes the mode has. */
    readonly universes: number;
    readonly held: readonly HeldNow[];
    readonly membershipHash: string;
  },
): PhaseReport {
  const { scope, universes, membershipHash } = facts;
  const held = uniqueHeld(facts.held);
  const { leftOut, unknownThemeSymbols } = last;
  return {
    summary: 'same input as the last time, nothing changed',
    changed: false,
    held: held.length > 0,
    counters: { ...last.counters, ...NO_CHANGE, universes, held: held.length },
    warnings: describeWarnings(held, { leftOut, unknownThemeSymbols }),
    details: {
      held: held.map(toHeldName),
      unknownThemeSymbols,
      leftOut,
      ...summarizeChanges([], held, scope),
    },
    hashes: { input: last.inputHash ?? '', membership: membershipHash },
  };
}

/** Findings of gates: every one about the session, and those about universes that do not pass. */
function listFindings(gates: readonly GateResult[]): unknown[] {
  return gates
    .filter(({ universe, status }) => universe === null || status !== 'pass')
    .map(({ gate, status, universe, measured, threshold, message }) => ({
      gate,
      status,
      universe: universe && toUniverseName(universe),
      measured,
      threshold,
      message,
    }));
}

function describeDoubts(gates: readonly GateResult[]): string[] {
  return gates.filter(({ status }) => status === 'warn').map(({ gate, message }) => `${gate}: ${message}`);
}

function describeGates(holds: readonly HeldNow[]): string {
  const session = holds.filter(({ universe }) => universe === null);
  return [...new Set(session.map(({ message }) => message))].join('; ');
}

/** One entry for what several gates hold. */
function uniqueHeld(holds: readonly HeldNow[]): HeldNow[] {
  const byName = new Map<string, HeldNow>();
  for (const { universe, gate, message } of holds) {
    const name = toHeldName({ universe });
    const known = byName.get(name);
    byName.set(name, { universe, gate, message: known ? `${known.message}; ${message}` : message });
  }
  return [...byName.values()];
}

function toHeldName({ universe }: Pick<HeldNow, 'universe'>): string {
  return universe === null ? 'session' : toUniverseName(universe);
}

const NO_CHANGE = {
  added: 0,
  removed: 0,
  rowsWritten: 0,
  rowsDeleted: 0,
  groupsWritten: 0,
  groupsDeleted: 0,
  marketCapsRewritten: 0,
};

function describeWarnings(
  held: readonly HeldNow[],
  { leftOut, unknownThemeSymbols }: Pick<PublishFacts, 'leftOut' | 'unknownThemeSymbols'>,
): string[] {
  return [
    ...held.map((hold) => `${toHeldName(hold)} held: ${hold.message}`),
    ...describeLeftOut(leftOut),
    ...describeUnknown(unknownThemeSymbols),
  ];
}

function describeLeftOut(rows: readonly string[]): string[] {
  if (rows.length === 0) return [];
  const named = rows.slice(0, REPORTED_ROWS).join(', ');
  const more = rows.length > REPORTED_ROWS ? `, and ${rows.length - REPORTED_ROWS} more` : '';
  return [
    `a unique key of cache_entries prevents ${formatCounted(rows.length, 'row')}: ${named}${more}; ` +
      'universes.namesInKeys writes them under keys with their names',
  ];
}

function describeUnknown(symbols: readonly string[]): string[] {
  if (symbols.length === 0) return [];
  const more = symbols.length > REPORTED_SYMBOLS ? `, and ${symbols.length - REPORTED_SYMBOLS} more` : '';
  return [
    `themes list ${formatCounted(symbols.length, 'symbol that is', 'symbols that are')} not in the database: ${symbols.slice(0, REPORTED_SYMBOLS).join(', ')}${more}`,
  ];
}

/** Themes with rules that are empty: most likely rules that contradict each other, or a limit above every market cap. */
function describeIdleRules({ published }: ComputedSync['comparison']): string[] {
  return published
    .filter(({ form, policy, members }) => form.kind === 'theme' && members.length === 0 && 'rules' in policy)
    .map(({ key }) => `theme ${key} is empty: no stock matches its rules, and none of its symbols is listed`);
}
