import type { PoolClient } from 'pg';
import { hashText } from '../hash-text.js';
import { decideRow, listWithRows, readKnownRows, type KnownRows, type RowAction } from './row-state.js';
import { formatPlace, toPlaceName, type CacheLayout, type ProjectionRow, type RowPlace } from './layout.js';
import { createPlaceGuard } from './key-conflicts.js';
import { readAbandonedOf } from './delete-abandoned.sql.js';
import { bindRows } from './projection-sql.js';
import { findEqualRowsOf } from './write-rows.sql.js';
import type { Universe } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';
import { explainRefusal } from './explain-refusal.js';
import { listKept } from './write-projection.js';

/** What publishing would do to one row of `cache_entries`. */
export interface PlannedRow {
  /** `type/name/key`, or the layout's one key. */
  readonly place: string;
  /** `leave`: its content is right, or a unique key of the table does not allow it. */
  readonly action: 'insert' | 'update' | 'delete' | 'leave';
  /** Universe shown by the row, `type/name/key`. */
  readonly universe: string;
}

/** Values sent at once to be compared. */
const COMPARED_CHARACTERS = 4 << 20;

/**
 * What `writeProjection` would do now; reads only.
 *
 * Shape: → the rows of the universes in their order, then the rows that would be deleted.
 * @param plan `ids`: universe name → id of the existing ones; `retired`: names of universes that publishing would retire
 */
export async function planProjection(
  client: PoolClient,
  layout: CacheLayout,
  universes: readonly Universe[],
  plan: { readonly at: Date; readonly ids: ReadonlyMap<string, number>; readonly retired?: ReadonlySet<string> },
): Promise<PlannedRow[]> {
  return explainRefusal(async () => {
    const { at, ids, retired = new Set<string>() } = plan;
    const stored = await readKnownRows(client, layout);
    const shown = listWithRows(universes, stored, ids);
    // Without their texts, which are created row by row below.
    const places = [...layout.rows(shown, at, ids)];
    const abandoned = await readAbandoned(client, layout, places, ids, retired);
    const leaving = new Set(abandoned.map(toPlaceName));
    const known = without(stored, leaving);
    const isFree = await createPlaceGuard(client, layout, leaving);
    const actions = new Map<string, RowAction>();
    for (const row of layout.rows(shown, at, ids)) {
      const place = toPlaceName(row);
      actions.set(place, isFree(row) ? decideRow(known.get(place), hashText(row.content)) : 'leave');
    }
    const uncertain = new Set([...actions.keys()].filter((place) => actions.get(place) === 'update-differing'));
    const equal = await findEqual(client, layout, layout.rows(shown, at, ids), uncertain);
    const settle = (place: string): PlannedRow['action'] => {
      const action = actions.get(place) ?? 'leave';
      if (action !== 'update-differing') return action;
      return equal.has(place) ? 'leave' : 'update';
    };
    return [
      ...places.map((row) => ({
        place: formatPlace(row),
        action: settle(toPlaceName(row)),
        universe: toUniverseName(row.universe),
      })),
      ...abandoned
        .filter((row) => row.isThere)
        .map((row) => ({ place: formatPlace(row), action: 'delete' as const, universe: row.universe })),
    ];
  });
}

function without(known: KnownRows, leaving: ReadonlySet<string>): KnownRows {
  return new Map([...known].filter(([place]) => !leaving.has(place)));
}

interface AbandonedRow extends RowPlace {
  readonly universe: string;
  readonly isThere: boolean;
}

/** What `writeProjection` would delete. */
async function readAbandoned(
  client: PoolClient,
  layout: CacheLayout,
  rows: readonly ProjectionRow[],
  ids: ReadonlyMap<string, number>,
  retired: ReadonlySet<string>,
): Promise<AbandonedRow[]> {
  return readAbandonedOf(layout).rows(client, { ...listKept(rows, ids), retired: [...retired] });
}

/** Places among `asked` whose rows have the right content. */
async function findEqual(
  client: PoolClient,
  layout: CacheLayout,
  rows: Iterable<ProjectionRow>,
  asked: ReadonlySet<string>,
): Promise<Set<string>> {
  const equal = new Set<string>();
  const compare = async (batch: readonly ProjectionRow[]): Promise<void> => {
    if (batch.length === 0) return;
    const found = await findEqualRowsOf(layout, batch.length).rows(client, bindRows(batch));
    for (const row of found) equal.add(toPlaceName(row));
  };
  let batch: ProjectionRow[] = [];
  let size = 0;
  for (const row of rows) {
    if (!asked.has(toPlaceName(row))) continue;
    batch.push(row);
    size += row.values.join('').length;
    if (size < COMPARED_CHARACTERS) continue;
    await compare(batch);
    [batch, size] = [[], 0];
  }
  await compare(batch);
  return equal;
}
