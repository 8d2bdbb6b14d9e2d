import type { PoolClient } from 'pg';
import { readTableColumns } from '../../../src/db/table-columns.js';
import type { GroupType } from './group.js';
import { READ_TYPE_CHECKS } from './read-type-checks.sql.js';

/** The tables of groups of a database that has them. */
export interface GroupTables {
  /** Longest name of a group, and of a symbol; null: any. */
  readonly maxName: number | null;
  readonly maxSymbol: number | null;
  /** Types that a check constraint of the table refuses → its name. */
  readonly refusedTypes: ReadonlyMap<GroupType, string>;
}

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  definition_groups: [
    'id',
    'name',
    'type',
    'description',
    'metadata',
    'environment',
    'created_at',
    'updated_at',
    'last_update',
  ],
  group_memberships: ['group_id', 'symbol', 'metadata', 'added_at', 'updated_at'],
};
const TYPES: readonly GroupType[] = ['UNIVERSE', 'THEME', 'SECTOR', 'ETF'];

/**
 * Looks for the tables of groups.
 *
 * Edges: a database without either has none, and needs none. Tables that lack a column are left alone with a warning: `cache_entries` is
 *        published all the same.
 */
export async function readGroupTables(
  client: PoolClient,
): Promise<{ readonly groups: GroupTables | undefined; readonly warnings: readonly string[] }> {
  const definitions = await readTableColumns(client, 'public.definition_groups');
  if (definitions.length === 0) return { groups: undefined, warnings: [] };
  const memberships = await readTableColumns(client, 'public.group_memberships');
  const found = { definition_groups: definitions, group_memberships: memberships };
  const missing = Object.entries(found).flatMap(([table, columns]) => {
    const names = new Set(columns.map(({ name }) => name));
    if (columns.length === 0) return [`table ${table}`];
    return (COLUMNS[table] ?? []).flatMap((name) => (names.has(name) ? [] : [`${table}.${name}`]));
  });
  if (missing.length > 0) {
    return { groups: undefined, warnings: [`definition_groups is not written: ${missing.join(', ')} missing`] };
  }
  const checks = await READ_TYPE_CHECKS.rows(client, {});
  const lengthOf = (columns: typeof definitions, column: string): number | null =>
    columns.find(({ name }) => name === column)?.maxLength ?? null;
  return {
    groups: {
      maxName: lengthOf(definitions, 'name'),
      maxSymbol: lengthOf(memberships, 'symbol'),
      refusedTypes: new Map(
        TYPES.flatMap((type) => {
          const check = checks.find(({ definition }) => !definition.includes(`'${type}'`));
          return check === undefined ? [] : [[type, check.constraint]];
        }),
      ),
    },
    warnings: [],
  };
}
