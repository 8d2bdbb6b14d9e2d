import { formatCount } from '../../src/core/format-count.js';
import type { PhaseReport } from '../../src/core/phase.js';
import type { Comparison } from './compare-memberships.js';
import type { LastSync } from './last-sync.js';
import type { Market } from './market.js';
import { summarizeChanges } from './changes-summary.js';
import { draftChanges } from './events.js';
import type { UniverseIdentity } from './rule.js';
import { toUniverseName } from './select-universes.js';
import type { SyncScope } from './tasks.js';
import type { UniverseChange } from './universe-changes.js';

/** What publishing did, besides the comparison itself. */
interface PublishFacts {
  readonly scope: SyncScope;
  readonly universeChanges: readonly UniverseChange[];
  readonly capsRewritten: number;
  readonly written: number;
  readonly deleted: number;
  /** Rows that a unique key of the table has no room for. */
  readonly leftOut: readonly string[];
  readonly hashes: { readonly input: string; readonly membership: string };
  readonly unknownThemeSymbols: readonly string[];
}

const LISTED_SYMBOLS = 20;

export function describeSync(market: Market, comparison: Comparison, facts: PublishFacts): PhaseReport {
  const added = comparison.changes.filter((change) => change.action === 'added').length;
  const removed = comparison.changes.length - added;
  const universes = comparison.published.length + comparison.holds.length;
  const held = comparison.holds.map((hold) => hold.universe);
  return {
    summary:
      (facts.scope.mode === 'full' ? `${formatCount(market.stocks.length)} stocks in ` : `only ${facts.scope.mode}: `) +
      `${universes} universe${universes === 1 ? '' : 's'}, ` +
      `${formatCount(added)} added, ${formatCount(removed)} removed, ${facts.written} rows of cache_entries written` +
      (comparison.holds.length > 0 ? `, ${comparison.holds.length} universes held` : ''),
    changed: comparison.changes.length + facts.written + facts.deleted > 0,
    held: comparison.holds.length > 0,
    counters: {
      symbols: market.securities.size,
      stocks: market.stocks.length,
      universes,
      added,
      removed,
      held: comparison.holds.length,
      rowsWritten: facts.written,
      rowsDeleted: facts.deleted,
      marketCapsRewritten: facts.capsRewritten,
    },
    warnings: describeWarnings(held, facts.leftOut, facts.unknownThemeSymbols),
    details: {
      exclusions: countBy([...market.securities.values()].map((security) => security.exclusion)),
      capSources: countBy(market.stocks.map((stock) => stock.capSource)),
      flags: countBy([...market.securities.values()].flatMap((security) => security.flags)),
      reasons: countBy(comparison.changes.map((change) => change.reason)),
      retired: comparison.retired.map(toUniverseName),
      held: held.map(toUniverseName),
      unknownThemeSymbols: facts.unknownThemeSymbols,
      leftOut: facts.leftOut,
      ...summarizeChanges(facts.universeChanges, held, facts.scope),
    },
    hashes: facts.hashes,
    events: draftChanges(facts.universeChanges, market),
  };
}

/** What a sync says that only repeats an earlier one, of its own mode or of a wider one. */
export function describeUnchanged(
  last: LastSync,
  facts: {
    readonly scope: SyncScope;
    /** How many universes the mode has. */
    readonly universes: number;
    readonly held: readonly UniverseIdentity[];
    readonly membershipHash: string;
  },
): PhaseReport {
  const { scope, universes, held, membershipHash } = facts;
  const { leftOut, unknownThemeSymbols } = last;
  return {
    summary: 'same input as the last time, nothing changed',
    changed: false,
    held: held.length > 0,
    counters: { ...last.counters, ...NO_CHANGE, universes, held: held.length },
    warnings: describeWarnings(held, leftOut, unknownThemeSymbols),
    details: {
      held: held.map(toUniverseName),
      unknownThemeSymbols,
      leftOut,
      ...summarizeChanges([], held, scope),
    },
    hashes: { input: last.inputHash ?? '', membership: membershipHash },
  };
}

const NO_CHANGE = { added: 0, removed: 0, rowsWritten: 0, rowsDeleted: 0, marketCapsRewritten: 0 };

function describeWarnings(
  held: readonly UniverseIdentity[],
  leftOut: readonly string[],
  unknownThemeSymbols: readonly string[],
): string[] {
  return [
    ...held.map((universe) => `${toUniverseName(universe)} held: nothing was selected for it, so it keeps its members`),
    ...describeLeftOut(leftOut),
    ...describeUnknown(unknownThemeSymbols),
  ];
}

function describeLeftOut(rows: readonly string[]): string[] {
  if (rows.length === 0) return [];
  return [`cache_entries allows one row a type and key: ${rows.length} rows left out, the first is ${rows[0]}`];
}

function describeUnknown(symbols: readonly string[]): string[] {
  if (symbols.length === 0) return [];
  const more = symbols.length > LISTED_SYMBOLS ? `, and ${symbols.length - LISTED_SYMBOLS} more` : '';
  return [
    `themes list ${symbols.length} symbols that are not in the database: ${symbols.slice(0, LISTED_SYMBOLS).join(', ')}${more}`,
  ];
}

function countBy(values: readonly (string | null)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) if (value !== null) counts[value] = (counts[value] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
