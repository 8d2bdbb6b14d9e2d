import type { PoolClient } from 'pg';
import { parseContent } from './cache-content.js';
import { compareContents, type ContentDifference } from './compare-contents.js';
import { formatPlace, toPlaceName, type CacheLayout, type ProjectionRow, type RowPlace } from './layout.js';
import { createPlaceGuard } from './key-conflicts.js';
import { formatCounted } from '../../../src/core/format-count.js';
import { isMapping } from '../../../src/core/is-mapping.js';
import { readAbandonedOf } from './delete-abandoned.sql.js';
import { listWithRows, readKnownRows, type KnownRow } from './row-state.js';
import { listKept } from './write-projection.js';
import { readStoredOf } from './read-rows.sql.js';
import type { Universe } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';
import { explainRefusal } from './explain-refusal.js';

/** A difference between a row of `cache_entries` and what publishing would write. */
interface ParityDifference extends Omit<ContentDifference, 'kind'> {
  /** `type/name/key`, or the layout's one key. */
  readonly place: string;
  /**
   * `missing`: the table has no such row. `abandoned`: publishing would delete the row. `extra`: the row is of a published kind, and publishing
   * would neither write nor delete it.
   */
  readonly kind: 'missing' | 'abandoned' | 'extra' | ContentDifference['kind'];
  /** Of an `extra` row: the place of the written row whose members agree most, more than half; null: none does. */
  readonly alike: string | null;
}

export interface Parity {
  /** Rows that publishing would write or leave. */
  readonly rows: number;
  /** Rows of those with equal content, apart from times of writing. */
  readonly equal: number;
  /** Rows of those with the same members in the same order, whatever is stored about them. */
  readonly sameMembers: number;
  /** Places of rows that a unique key of the table does not allow. */
  readonly leftOut: readonly string[];
  /** Places of rows that another program has written since this one did. */
  readonly rewritten: readonly string[];
  /** By place. */
  readonly differences: readonly ParityDifference[];
}

interface StoredRow extends RowPlace {
  readonly texts: readonly (string | null)[];
}

/** As of when rows are written, the ids of universes by name, and the names of universes that publishing would retire. */
export interface ParityMoment {
  readonly at: Date;
  readonly ids: ReadonlyMap<string, number>;
  readonly retired?: ReadonlySet<string>;
}

/**
 * Compares the current content of `cache_entries`, whichever program wrote it, with the rows of these universes; reads only.
 *
 * Edges: if a place has several rows, each is compared. Rows of other kinds and of other environments are ignored. Rows that a narrow
 *        unique key does not allow would not be written, so they do not count. What
 *        another program added to a row, where a layout keeps it, is not a difference.
 */
export async function compareWithTable(
  client: PoolClient,
  layout: CacheLayout,
  universes: readonly Universe[],
  { at, ids, retired = new Set() }: ParityMoment,
): Promise<Parity> {
  return explainRefusal(async () => {
    const isFree = await createPlaceGuard(client, layout, new Set());
    const known = await readKnownRows(client, layout);
    const shown = listWithRows(universes, known, ids);
    const all = [...layout.rows(shown, at, ids)];
    const places = all.filter(isFree);
    const kept = listKept(all, ids);
    const leaving = await readAbandonedOf(layout).rows(client, { ...kept, retired: [...retired] });
    const abandoned = new Set(leaving.map(toPlaceName));
    const written = new Set(places.map(toPlaceName));
    const stored = await readStored(client, layout, places);
    const differences: ParityDifference[] = [];
    let [equal, sameMembers] = [0, 0];
    for (const row of layout.rows(shown, at, ids)) {
      if (!written.has(toPlaceName(row))) continue;
      const found = compareRow(layout, row, stored.get(toPlaceName(row)) ?? []);
      stored.delete(toPlaceName(row));
      differences.push(...found);
      if (found.length === 0) equal += 1;
      if (found.every(({ kind }) => kind === 'values')) sameMembers += 1;
    }
    for (const [first] of stored.values()) {
      if (first !== undefined)
        differences.push(toUnwritten(layout, first, abandoned.has(toPlaceName(first)), rowsOfType(places, first)));
    }
    const leftOut = all.filter((row) => !written.has(toPlaceName(row))).map(formatPlace);
    const rewritten = [...known.values()].filter(isRewritten).map(formatPlace);
    return {
      rows: places.length,
      equal,
      sameMembers,
      leftOut,
      rewritten,
      differences: differences.toSorted(comparePlaces),
    };
  });
}

function compareRow(layout: CacheLayout, row: ProjectionRow, stored: readonly StoredRow[]): ParityDifference[] {
  const place = formatPlace(row);
  const ours = parseContent(layout.table, row.values);
  if (stored.length === 0) {
    const detail = `not in the table; ${toUniverseName(row.universe)} would be written with ${countSymbols(ours.symbols.length)}`;
    return [
      { place, kind: 'missing', added: ours.symbols, removed: [], examples: [], fields: {}, alike: null, detail },
    ];
  }
  return stored.flatMap(({ texts }, index) =>
    compareContents(parseContent(layout.table, texts), parseContent(layout.table, toMerged(layout, texts, row))).map(
      (difference) => ({
        place,
        ...difference,
        alike: null,
        detail: stored.length === 1 ? difference.detail : `row ${index + 1} of ${stored.length}: ${difference.detail}`,
      }),
    ),
  );
}

/** The texts that the row would have, with what is kept of the stored ones. */
function toMerged({ table }: CacheLayout, stored: readonly (string | null)[], row: ProjectionRow): string[] {
  return table.content.map(({ whenStored }, index) => {
    const [before, ours = ''] = [stored[index] ?? null, row.values[index]];
    if (whenStored === 'keep') return before ?? ours;
    if (whenStored !== 'merge' || before === null) return ours;
    const fields: unknown = JSON.parse(before);
    return isMapping(fields) ? JSON.stringify({ ...fields, ...(JSON.parse(ours) as object) }) : ours;
  });
}

function toUnwritten(
  { table }: CacheLayout,
  row: StoredRow,
  isAbandoned: boolean,
  ours: readonly ProjectionRow[],
): ParityDifference {
  const { symbols } = parseContent(table, row.texts);
  const what = isAbandoned ? 'publishing would delete it' : 'publishing would neither write nor delete it';
  return {
    place: formatPlace(row),
    kind: isAbandoned ? 'abandoned' : 'extra',
    added: [],
    removed: symbols,
    examples: [],
    fields: {},
    alike: isAbandoned ? null : findAlike(symbols, ours),
    detail: `in the table with ${countSymbols(symbols.length)}; ${what}`,
  };
}

/** A row that was ours and still exists, in another version. */
function isRewritten({ hash, currentVersion, writtenVersion }: KnownRow): boolean {
  return hash !== null && hash !== '' && currentVersion !== null && currentVersion !== writtenVersion;
}

function rowsOfType(rows: readonly ProjectionRow[], { type }: RowPlace): readonly ProjectionRow[] {
  return rows.filter((row) => row.type === type);
}

/** The share of common members, of all, from which two lists are taken for the same one under another name. */
const ALIKE = 0.5;

function findAlike(symbols: readonly string[], rows: readonly ProjectionRow[]): string | null {
  const stored = new Set(symbols);
  const shares = rows.map((row) => {
    const common = row.universe.members.filter(({ symbol }) => stored.has(symbol)).length;
    return { row, share: common / Math.max(1, stored.size + row.universe.members.length - common) };
  });
  const [best] = shares.toSorted((left, right) => right.share - left.share);
  return best !== undefined && best.share > ALIKE ? formatPlace(best.row) : null;
}

function countSymbols(count: number): string {
  return formatCounted(count, 'symbol');
}

function comparePlaces(left: ParityDifference, right: ParityDifference): number {
  return left.place < right.place ? -1 : left.place > right.place ? 1 : 0;
}

/** Rows of the published kinds, and those at the places to be written, by place. */
async function readStored(
  client: PoolClient,
  layout: CacheLayout,
  places: readonly RowPlace[],
): Promise<Map<string, StoredRow[]>> {
  const rows = await readStoredOf(layout).rows(client, {
    managed: layout.managed.values,
    types: places.map((row) => row.type),
    names: places.map((row) => row.name),
    keys: places.map((row) => row.key),
  });
  const stored = new Map<string, StoredRow[]>();
  for (const row of rows) stored.set(toPlaceName(row), [...(stored.get(toPlaceName(row)) ?? []), row]);
  return stored;
}
