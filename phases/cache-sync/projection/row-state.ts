import type { PoolClient } from 'pg';
import { toPlaceName, type CacheLayout, type RowPlace } from './layout.js';
import type { Universe } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';
import { readKnownRowsOf } from './read-known-rows.sql.js';
import { explainRefusal } from './explain-refusal.js';

/** State of a managed row: the hash of the content last written, and the row versions (xmin) recorded and found. */
export interface KnownRow extends RowPlace {
  /** Universe that the row was written for; null when unknown, or when this product did not write it. */
  readonly universeId: number | null;
  readonly hash: string | null;
  readonly writtenVersion: string | null;
  /** Null: the row does not exist. */
  readonly currentVersion: string | null;
}

/** Place → state of the row there, for every row of the table and every row this product has written. */
export type KnownRows = ReadonlyMap<string, KnownRow>;

/** No value is read. */
export async function readKnownRows(client: PoolClient, layout: CacheLayout): Promise<KnownRows> {
  const rows = await readKnownRowsOf(layout).rows(client, {});
  return new Map(rows.map((row) => [toPlaceName(row), row]));
}

/** Whether every row that this product has written is unchanged; no value is read. */
export async function isProjectionUntouched(client: PoolClient, layout: CacheLayout): Promise<boolean> {
  const known = await explainRefusal(() => readKnownRows(client, layout));
  return [...known.values()].every((row) => row.hash === null || row.currentVersion === row.writtenVersion);
}

/** The action on a row; `update-differing`: its content is unknown, so the server has to compare. */
export type RowAction = 'leave' | 'insert' | 'update' | 'update-differing';

export function decideRow(known: KnownRow | undefined, hash: string): RowAction {
  if (known === undefined || known.currentVersion === null) return 'insert';
  if (known.currentVersion !== known.writtenVersion) return 'update-differing';
  return known.hash === hash ? 'leave' : 'update';
}

/**
 * The universes with rows: an empty one has none until it has had members, so that a list that the feed cannot fill is not shown, and does not
 * replace what another program has there.
 */
export function listWithRows(
  universes: readonly Universe[],
  known: KnownRows,
  ids: ReadonlyMap<string, number>,
): readonly Universe[] {
  const written = new Set([...known.values()].map(({ universeId }) => universeId));
  const hasRows = (universe: Universe): boolean => {
    const id = ids.get(toUniverseName(universe));
    return id !== undefined && written.has(id);
  };
  return universes.filter(
    (universe) => universe.members.length > 0 || universe.form.kind === 'statistics' || hasRows(universe),
  );
}
