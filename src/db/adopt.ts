import { sql, type Kysely } from 'kysely';
import { PipelineError } from '../core/errors.js';
import { TYPE_FAMILIES, type SharedColumn, type SharedTable } from './shared-tables.js';

/** A column as the server's catalogue describes it. */
interface FoundColumn {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly isGenerated: boolean;
  /** Of its table: `r` and `p` can be written with `on conflict`. */
  readonly kind: keyof typeof OTHER_KINDS | 'r' | 'p';
}

const OTHER_KINDS = { v: 'a view', m: 'a materialized view', f: 'a foreign table' } as const;

/**
 * Creates the shared tables that are missing, adds nullable columns that are missing, and leaves the rest unchanged.
 *
 * Nothing is dropped, retyped or rewritten, because the tables are shared with TickStock.
 * @throws EOD_DB_SCHEMA with every difference that prevents adoption, before anything is changed
 */
export async function adoptSharedTables(db: Kysely<unknown>, tables: readonly SharedTable[]): Promise<void> {
  const names = tables.map((table) => table.name);
  const found = await readColumns(db, names);
  const uniques = await readUniqueKeys(db, names);
  const differences = tables.flatMap((table) => findDifferences(table, found, uniques));
  if (differences.length > 0) throw cannotAdopt(differences);
  for (const table of tables) {
    const columns = found.filter((entry) => entry.table === table.name);
    if (columns.length === 0) await createTable(db, table);
    else await addMissingColumns(db, table, columns);
  }
}

/** Differences that prevent this product from using an existing table; empty when the table is absent or fits. */
function findDifferences(
  table: SharedTable,
  found: readonly FoundColumn[],
  uniques: ReadonlyMap<string, readonly string[]>,
): string[] {
  const columns = new Map(found.filter((entry) => entry.table === table.name).map((entry) => [entry.column, entry]));
  if (columns.size === 0) return [];
  const kind = [...columns.values()][0]?.kind;
  if (kind !== undefined && kind !== 'r' && kind !== 'p') {
    return [`${table.name} is ${OTHER_KINDS[kind]}, which has no unique key: it must be a table`];
  }
  const differences: string[] = [];
  for (const expected of table.columns) {
    const actual = columns.get(expected.name);
    const allowed: readonly string[] = TYPE_FAMILIES[expected.family];
    if (actual === undefined) {
      if (expected.essential) differences.push(`${table.name}.${expected.name} is missing (${expected.definition})`);
    } else if (!allowed.includes(actual.type)) {
      differences.push(`${table.name}.${expected.name} is ${actual.type}, not one of ${allowed.join(', ')}`);
    }
  }
  const optional = (table.optional ?? []).filter(({ name, family }) => {
    const allowed: readonly string[] = TYPE_FAMILIES[family];
    return allowed.includes(columns.get(name)?.type ?? '');
  });
  const known = new Map([...table.columns, ...optional].map((expected) => [expected.name, expected]));
  for (const actual of columns.values()) {
    const obstacle = findObstacle(actual, known.get(actual.column));
    if (obstacle !== undefined) differences.push(`${table.name}.${actual.column} ${obstacle}`);
  }
  if (table.unique && !(uniques.get(table.name) ?? []).includes([...table.unique].sort().join(','))) {
    differences.push(`${table.name} has no unique key on (${table.unique.join(', ')})`);
  }
  return differences;
}

/** Why a column prevents writing. A default does not help: it does not replace an explicit null. */
function findObstacle(actual: FoundColumn, expected: SharedColumn | undefined): string | undefined {
  if (actual.isGenerated) {
    const isWritten = expected !== undefined && expected.written !== 'never';
    return isWritten ? 'is generated, so its values cannot be written' : undefined;
  }
  if (!actual.notNull || expected?.written === 'always') return undefined;
  if (expected !== undefined && expected.written !== 'never')
    return 'is not null, so rows with an unknown value cannot be written';
  return actual.hasDefault ? undefined : 'is not null and has no default, so rows cannot be added';
}

async function createTable(db: Kysely<unknown>, table: SharedTable): Promise<void> {
  const lines = table.columns.map((expected) => `${expected.name} ${expected.definition}`);
  if (table.ownKey) lines.unshift(table.ownKey);
  const hasOwnPrimaryKey = lines.some((line) => line.includes('primary key'));
  const unique = table.unique && !(hasOwnPrimaryKey && table.unique.length === 1);
  if (unique) lines.push(`constraint ${table.name}_key unique (${table.unique.join(', ')})`);
  await sql.raw(`create table public.${table.name} (\n  ${lines.join(',\n  ')}\n)`).execute(db);
  for (const index of table.indexes ?? []) await sql.raw(index).execute(db);
}

async function addMissingColumns(
  db: Kysely<unknown>,
  table: SharedTable,
  columns: readonly FoundColumn[],
): Promise<void> {
  const present = new Set(columns.map((entry) => entry.column));
  const missing = table.columns.filter((expected) => !present.has(expected.name));
  if (missing.length === 0) return;
  const additions = missing.map((expected) => `add column ${expected.name} ${expected.definition}`);
  await sql.raw(`alter table public.${table.name} ${additions.join(', ')}`).execute(db);
}

export async function readColumns(db: Kysely<unknown>, tables: readonly string[]): Promise<FoundColumn[]> {
  const { rows } = await sql<FoundColumn>`
    select c.relname as "table", a.attname as "column", t.typname as type, a.attnotnull as "notNull",
           a.atthasdef or a.attidentity <> '' as "hasDefault", a.attgenerated <> '' as "isGenerated", c.relkind as kind
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    join pg_type t on t.oid = a.atttypid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and c.relname = any (${tables}) and a.attnum > 0 and not a.attisdropped
    order by c.relname, a.attnum`.execute(db);
  return rows;
}

/**
 * Table → its unique keys, each as sorted column names joined by commas. Partial, expression, invalid and deferrable ones are left out,
 * because `on conflict` cannot use them.
 */
async function readUniqueKeys(db: Kysely<unknown>, tables: readonly string[]): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ table: string; columns: string }>`
    select c.relname as "table", string_agg(a.attname, ',' order by a.attname) as columns
    from pg_index i
    join pg_class c on c.oid = i.indrelid
    join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey[0:i.indnkeyatts - 1])
    where c.relnamespace = 'public'::regnamespace and c.relname = any (${tables})
      and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null and i.indexprs is null
    group by c.relname, i.indexrelid`.execute(db);
  const keys = new Map<string, string[]>();
  for (const row of rows) keys.set(row.table, [...(keys.get(row.table) ?? []), row.columns]);
  return keys;
}

function cannotAdopt(differences: readonly string[]): PipelineError {
  return new PipelineError(
    'EOD_DB_SCHEMA',
    `existing tables cannot be adopted: ${differences.length} difference${differences.length === 1 ? '' : 's'}\n` +
      differences.map((difference) => `  - ${difference}`).join('\n'),
    { hint: 'change the tables named above or use another database; nothing was changed', context: { differences } },
  );
}
