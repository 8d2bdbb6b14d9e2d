import { isDeepStrictEqual } from 'node:util';
import { countBy } from '../../../src/core/count-by.js';
import type { CacheContent } from './cache-content.js';

/** A value that differs between two rows. */
interface DifferenceExample {
  /** Null: the value does not belong to a symbol. */
  readonly symbol: string | null;
  readonly field: string;
  /** The stored value; undefined: no such field. */
  readonly stored: unknown;
  /** The value to be written. */
  readonly ours: unknown;
}

export interface ContentDifference {
  readonly kind: 'membership' | 'order' | 'values';
  /** Symbols that writing would add, and remove. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The first of them. */
  readonly examples: readonly DifferenceExample[];
  /** Fields with another value → how often. */
  readonly fields: Readonly<Record<string, number>>;
  readonly detail: string;
}

const EXAMPLES = 20;

/**
 * The differences between a stored row and the row to be written, by kind.
 *
 * Edges: order is compared for common symbols. Values derived from members and order (`rank`, `count`) are not differences of their own,
 *        and rows of different forms are not compared value by value.
 */
export function compareContents(stored: CacheContent, ours: CacheContent): ContentDifference[] {
  return [...compareMembers(stored, ours), ...compareOrder(stored, ours), ...compareValues(stored, ours)];
}

function compareMembers(stored: CacheContent, ours: CacheContent): ContentDifference[] {
  const [before, after] = [new Set(stored.symbols), new Set(ours.symbols)];
  const added = [...after].filter((symbol) => !before.has(symbol));
  const removed = [...before].filter((symbol) => !after.has(symbol));
  const repeated = stored.symbols.length - before.size;
  if (added.length + removed.length + repeated === 0) return [];
  const detail =
    `${before.size} symbols, would be ${after.size}: ${added.length} added, ${removed.length} removed` +
    (repeated > 0 ? `, ${repeated} duplicates` : '');
  return [{ kind: 'membership', added, removed, examples: [], fields: {}, detail }];
}

function compareOrder(stored: CacheContent, ours: CacheContent): ContentDifference[] {
  const [before, after] = [new Set(stored.symbols), new Set(ours.symbols)];
  const was = [...before].filter((symbol) => after.has(symbol));
  const becomes = [...after].filter((symbol) => before.has(symbol));
  const moved = becomes.flatMap((symbol, index) => (was[index] === symbol ? [] : [{ symbol, index }]));
  if (moved.length === 0) return [];
  const positions = new Map(was.map((symbol, index) => [symbol, index + 1]));
  const examples = moved.map(({ symbol, index }) => ({
    symbol,
    field: 'position',
    stored: positions.get(symbol),
    ours: index + 1,
  }));
  const detail = `${moved.length} of ${was.length} common symbols in another position`;
  return [{ kind: 'order', added: [], removed: [], examples: examples.slice(0, EXAMPLES), fields: {}, detail }];
}

function compareValues(stored: CacheContent, ours: CacheContent): ContentDifference[] {
  const differs = (examples: readonly DifferenceExample[], detail: string): ContentDifference[] => [
    {
      kind: 'values',
      added: [],
      removed: [],
      examples: examples.slice(0, EXAMPLES),
      fields: countBy(examples.map(({ field }) => field)),
      detail,
    },
  ];
  if (stored.form !== ours.form) return differs([], `has the form ${stored.form}; would have ${ours.form}`);
  const [before, after] = [omitRanks(stored), omitRanks(ours)];
  const found = [
    ...diffRecords(null, omitCount(stored, stored), omitCount(ours, stored)),
    ...[...after].flatMap(([symbol, facts]) => {
      const other = before.get(symbol);
      return other === undefined ? [] : diffRecords(symbol, other, facts);
    }),
  ];
  if (found.length === 0) return [];
  const symbols = new Set(found.flatMap(({ symbol }) => symbol ?? []));
  return differs(
    found,
    `${describeFields(found)}${symbols.size > 0 ? ` of ${symbols.size} symbol${symbols.size === 1 ? '' : 's'}` : ''}`,
  );
}

function diffRecords(
  symbol: string | null,
  stored: Readonly<Record<string, unknown>>,
  ours: Readonly<Record<string, unknown>>,
): DifferenceExample[] {
  return [...new Set([...Object.keys(ours), ...Object.keys(stored)])].flatMap((field) =>
    isDeepStrictEqual(stored[field], ours[field]) ? [] : [{ symbol, field, stored: stored[field], ours: ours[field] }],
  );
}

/** Figures that this product states beside those of the consumer's contract. */
const ADDED_FIELDS = ['total_companies', 'company_market_cap'];

/** A correct count only repeats the number of members; an added figure is no difference where the stored row has none. */
function omitCount({ fields, symbols }: CacheContent, stored: CacheContent): Record<string, unknown> {
  return Object.fromEntries(
    [...fields].filter(([field, value]) => {
      if (field === 'count') return value !== symbols.length;
      return stored.fields.has(field) || !ADDED_FIELDS.some((added) => field.endsWith(added));
    }),
  );
}

/** A rank equal to the position only repeats it. */
function omitRanks({ symbols, facts }: CacheContent): Map<string, Readonly<Record<string, unknown>>> {
  return new Map(
    symbols.flatMap((symbol, index) => {
      const { rank, ...others } = facts.get(symbol) ?? {};
      return facts.has(symbol) ? [[symbol, rank === index + 1 ? others : { ...others, rank }]] : [];
    }),
  );
}

/** `market_cap 30 times, name 7 times` */
function describeFields(examples: readonly DifferenceExample[]): string {
  return Object.entries(countBy(examples.map(({ field }) => field)))
    .toSorted(([, left], [, right]) => right - left)
    .map(([field, count]) => `${field} ${count === 1 ? 'once' : `${count} times`}`)
    .join(', ');
}
