import type { Universe } from '../universes/rule.js';

/**
 * Identity of a row. In `keyed` these are columns; a layout that identifies its rows by one column has it as `key`, with the layout's id as
 * `type` and an empty `name`, so that rows of every layout are stored in one form (`pipeline.projection`).
 */
export interface RowPlace {
  readonly type: string;
  readonly name: string;
  readonly key: string;
}

/** One row of `cache_entries`; its texts are created lazily. */
export interface ProjectionRow extends RowPlace {
  /** Universe shown by the row. */
  readonly universe: Universe;
  /** Values of the table's content columns, in their order; JSON text for those of type jsonb. */
  readonly values: readonly string[];
  /** The values without the time of writing; rows with unchanged content are not written. */
  readonly content: string;
}

export interface ContentColumn {
  readonly column: string;
  readonly type: 'jsonb' | 'text';
  /** Field of the value with the time of writing: values that differ only in it are equal. */
  readonly timeField?: string;
  /** What is done with the value of an existing row: `keep` it unless it is null, `merge` its fields with ours. Default: replace it. */
  readonly whenStored?: 'keep' | 'merge';
}

/** The columns of one form of `cache_entries`, by purpose. Values are SQL. */
export interface CacheTable {
  /** Columns that identify rows → the part of a place that each contains. */
  readonly identity: Readonly<Record<string, keyof RowPlace>>;
  /** Values of a row that this product may write; new rows get them. */
  readonly tableFilter: Readonly<Record<string, string>>;
  /** Further values of new rows, never written again. */
  readonly initial: Readonly<Record<string, string>>;
  readonly content: readonly ContentColumn[];
  /** Times set when a row is added, and whenever it is written. */
  readonly createdAt?: string;
  readonly updatedAt: string;
}

/** One file of `layouts/`: the columns of one form of `cache_entries`, and the mapping from universes to its rows. */
export interface CacheLayout {
  readonly id: string;
  readonly table: CacheTable;
  /**
   * Rows one after the other: the largest value is 20 MB at 143,000 symbols, all together would be twice that.
   * @param ids universe name → id of every universe ever published; new ones among `universes` may be absent
   */
  rows(universes: readonly Universe[], at: Date, ids: ReadonlyMap<string, number>): Iterable<ProjectionRow>;
  /** Rows with one of these values in this column are of a kind that this product publishes, whichever program wrote them. */
  readonly managed: { readonly column: string; readonly values: readonly string[] };
}

/** A place as shown to people. */
export function formatPlace({ type, name, key }: RowPlace): string {
  return name === '' ? key : `${type}/${name}/${key}`;
}

/** A place as one text. */
export function toPlaceName({ type, name, key }: RowPlace): string {
  return JSON.stringify([type, name, key]);
}

/** Columns that a table of this layout must have. */
export function listColumns({ table }: CacheLayout): string[] {
  const { identity, tableFilter, initial, content, createdAt, updatedAt } = table;
  return [
    ...Object.keys(identity),
    ...content.map(({ column }) => column),
    ...Object.keys({ ...tableFilter, ...initial }),
    ...(createdAt === undefined ? [] : [createdAt]),
    updatedAt,
  ];
}
