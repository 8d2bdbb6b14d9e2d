import type { PoolClient } from 'pg';
import { parseContent } from './cache-content.js';
import { compareContents, type ContentDifference } from './compare-contents.js';
import { formatPlace, toPlaceName, type CacheLayout, type ProjectionRow, type RowPlace } from './layout.js';
import { createPlaceGuard } from './key-conflicts.js';
import { readStoredOf } from './read-rows.sql.js';
import type { Universe } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';
import { explainRefusal } from './explain-refusal.js';

/** A difference between a row of `cache_entries` and what publishing would write. */
interface ParityDifference extends Omit<ContentDifference, 'kind'> {
  /** `type/name/key`, or the layout's one key. */
  readonly place: string;
  /** `missing`: the table has no such row. `extra`: the row is of a published kind, and nothing would write it. */
  readonly kind: 'missing' | 'extra' | ContentDifference['kind'];
}

export interface Parity {
  /** Rows that publishing would write or leave. */
  readonly rows: number;
  /** Rows of those with equal content, apart from times of writing. */
  readonly equal: number;
  /** By place. */
  readonly differences: readonly ParityDifference[];
}

interface StoredRow extends RowPlace {
  readonly texts: readonly (string | null)[];
}

/** As of when rows are written, and the ids of universes by name. */
export interface ParityMoment {
  readonly at: Date;
  readonly ids: ReadonlyMap<string, number>;
}

/**
 * Compares the current content of `cache_entries`, whichever program wrote it, with the rows of these universes; reads only.
 *
 * Edges: if a place has several rows, each is compared. Rows of other kinds and of other environments are ignored. Rows that a narrow
 *        unique key does not allow would not be written, so they do not count.
 */
export async function compareWithTable(
  client: PoolClient,
  layout: CacheLayout,
  universes: readonly Universe[],
  { at, ids }: ParityMoment,
): Promise<Parity> {
  return explainRefusal(async () => {
    const isFree = await createPlaceGuard(client, layout, new Set());
    const places = [...layout.rows(universes, at, ids)].filter(isFree);
    const written = new Set(places.map(toPlaceName));
    const stored = await readStored(client, layout, places);
    const differences: ParityDifference[] = [];
    let equal = 0;
    for (const row of layout.rows(universes, at, ids)) {
      if (!written.has(toPlaceName(row))) continue;
      const found = compareRow(layout, row, stored.get(toPlaceName(row)) ?? []);
      stored.delete(toPlaceName(row));
      differences.push(...found);
      if (found.length === 0) equal += 1;
    }
    for (const [first] of stored.values()) if (first !== undefined) differences.push(toExtra(layout, first));
    return { rows: places.length, equal, differences: differences.toSorted(comparePlaces) };
  });
}

function compareRow(layout: CacheLayout, row: ProjectionRow, stored: readonly StoredRow[]): ParityDifference[] {
  const place = formatPlace(row);
  const ours = parseContent(layout.table, row.values);
  if (stored.length === 0) {
    const detail = `not in the table; ${toUniverseName(row.universe)} would be written with ${countSymbols(ours.symbols.length)}`;
    return [{ place, kind: 'missing', added: ours.symbols, removed: [], examples: [], detail }];
  }
  return stored.flatMap(({ texts }, index) =>
    compareContents(parseContent(layout.table, texts), ours).map((difference) => ({
      place,
      ...difference,
      detail: stored.length === 1 ? difference.detail : `row ${index + 1} of ${stored.length}: ${difference.detail}`,
    })),
  );
}

function toExtra({ table }: CacheLayout, row: StoredRow): ParityDifference {
  const { symbols } = parseContent(table, row.texts);
  const detail = `in the table with ${countSymbols(symbols.length)}; nothing would write it, and it would stay unchanged`;
  return { place: formatPlace(row), kind: 'extra', added: [], removed: symbols, examples: [], detail };
}

function countSymbols(count: number): string {
  return count === 1 ? '1 symbol' : `${count} symbols`;
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
