import { jsonb, text, type Column } from '../../../src/db/column.js';
import type { CacheLayout, ContentColumn, ProjectionRow, RowPlace } from './layout.js';

/** SQL for the rows of one layout, with the table as `c` and the rows to be written as `v`. */
export interface ProjectionSql {
  /** Place of a row, as columns of `c` or as text that all rows share. */
  readonly place: Readonly<Record<keyof RowPlace, string>>;
  /** Whether `c` is a row that this product may write. */
  readonly matchesTableFilter: string;
  /** Whether the content of `c` and `v` differs, without the time of writing. */
  readonly isDifferent: string;
  /** Whether `c` matches the table filter and is at the place in `type`, `name` and `key` of another row. */
  readonly isAt: (alias: string) => string;
  /** So many rows of `v`: bound values from this one on, as `bindRows` gives them. */
  readonly tuples: (count: number, firstParameter: number) => string;
  /** `v` with these tuples. */
  readonly wanted: (tuples: string) => string;
  readonly update: (tuples: string, condition: string) => string;
  readonly insert: (tuples: string) => string;
}

/** Times are `$1` of `update` and `insert`, their tuples begin at `$2`. */
export function toProjectionSql({ id, table }: CacheLayout): ProjectionSql {
  const { identity, tableFilter, initial, content, createdAt, updatedAt } = table;
  const columnOf = (part: keyof RowPlace): string | undefined =>
    Object.keys(identity).find((column) => identity[column] === part);
  const partOf = (part: keyof RowPlace, shared: string): string => {
    const column = columnOf(part);
    return column === undefined ? `'${shared}'::text` : `c.${column}`;
  };
  const place = { type: partOf('type', id), name: partOf('name', ''), key: partOf('key', '') };
  const conditions = Object.entries(tableFilter).map(([column, value]) => `c.${column} = ${value}`);
  const columns = content.map(({ column }) => column);
  const at = '$1::timestamptz';
  const added: Record<string, string> = {
    ...Object.fromEntries(Object.entries(identity).map(([column, part]) => [column, `v.${part}`])),
    ...Object.fromEntries(columns.map((column) => [column, `v.${column}`])),
    ...tableFilter,
    ...initial,
    ...(createdAt !== undefined && { [createdAt]: at }),
    [updatedAt]: at,
  };
  const isAt = (alias: string): string =>
    [
      `${place.type} = ${alias}.type`,
      `${place.name} = ${alias}.name`,
      `${place.key} = ${alias}.key`,
      ...conditions,
    ].join(' and ');
  const wanted = (tuples: string): string => `(values ${tuples}) as v (type, name, key, ${columns.join(', ')})`;
  return {
    place,
    matchesTableFilter: conditions.join(' and ') || 'true',
    isDifferent: `(${content.map(toDifference).join(' or ')})`,
    isAt,
    tuples: (count, first) => {
      const types = ['text', 'text', 'text', ...content.map(({ type }) => type)];
      const rows = Array.from({ length: count }, (_, row) => first + row * types.length);
      return rows.map((start) => `(${types.map((type, index) => `$${start + index}::${type}`).join(', ')})`).join(', ');
    },
    wanted,
    update: (tuples, condition) => `update public.cache_entries c
     set ${content.map(({ column, whenStored }) => `${column} = ${toStored(column, whenStored)}`).join(', ')}, ${updatedAt} = ${at}
     from ${wanted(tuples)}
     where ${isAt('v')} and ${condition}`,
    insert: (tuples) => `insert into public.cache_entries (${Object.keys(added).join(', ')})
     select ${Object.values(added).join(', ')} from ${wanted(tuples)}`,
  };
}

/** The parameters of so many rows of `v`. */
export function declareRows({ table }: CacheLayout, count: number): Record<string, Column<string, string, false>> {
  const types = [text, text, text, ...table.content.map(({ type }) => (type === 'jsonb' ? jsonb<string>() : text))];
  const names = Array.from({ length: count }, (_, row) =>
    types.map((type, index) => [toName(row, index), type] as const),
  );
  return Object.fromEntries(names.flat());
}

/** Rows as values of `declareRows`. */
export function bindRows(rows: readonly ProjectionRow[]): Record<string, string> {
  const values = rows.map(({ type, name, key, values: content }, row) =>
    [type, name, key, ...content].map((value, index) => [toName(row, index), value] as const),
  );
  return Object.fromEntries(values.flat());
}

const toName = (row: number, index: number): string => `row ${row}, value ${index}`;

/** The value that a row has after an update. */
function toStored(column: string, whenStored: ContentColumn['whenStored']): string {
  if (whenStored === 'keep') return `coalesce(c.${column}, v.${column})`;
  if (whenStored === 'merge')
    return `case jsonb_typeof(c.${column}) when 'object' then c.${column} else '{}'::jsonb end || v.${column}`;
  return `v.${column}`;
}

/** Only an object has fields to remove; the value of another program may be of any type. */
function toDifference({ column, timeField, whenStored }: ContentColumn): string {
  if (whenStored === 'keep') return `c.${column} is null`;
  if (whenStored === 'merge') return `not coalesce(c.${column} @> v.${column}, false)`;
  const compared = (side: string): string =>
    timeField === undefined
      ? side
      : `case jsonb_typeof(${side}) when 'object' then ${side} - '${timeField}' else ${side} end`;
  return `${compared(`c.${column}`)} is distinct from ${compared(`v.${column}`)}`;
}
