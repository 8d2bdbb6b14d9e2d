import type { PoolClient } from 'pg';
import { readTableColumns } from '../../src/db/table-columns.js';
import { READ_DISABLED } from './read-disabled.sql.js';

/**
 * Types of indicators that `indicator_definitions` switches off, where a host has that table: they are not computed, and what is stored of them
 * stays. A table without `name` and a boolean `enabled` says nothing.
 */
export async function readDisabledTypes(client: PoolClient): Promise<ReadonlySet<string>> {
  const columns = await readTableColumns(client, 'public.indicator_definitions');
  const isKnown =
    columns.some(({ name }) => name === 'name') &&
    columns.some(({ name, type }) => name === 'enabled' && type === 'boolean');
  if (!isKnown) return new Set();
  return new Set((await READ_DISABLED.rows(client, {})).map(({ name }) => name));
}
