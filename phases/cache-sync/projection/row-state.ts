import type { PoolClient } from 'pg';
import { toPlaceName, type CacheLayout, type RowPlace } from './layout.js';
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
