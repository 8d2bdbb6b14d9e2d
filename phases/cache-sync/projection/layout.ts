import type { Universe } from '../universes/rule.js';

/**
 * Which row it is. In `keyed` these are columns; a layout that identifies its rows by one column has it as `key`, with the layout's id as
 * `type` and no `name`, so that every layout's rows are remembered in one form (`pipeline.projection`).
 */
export interface RowPlace {
  readonly type: string;
  readonly name: string;
  readonly key: string;
}

/** One row of `cache_entries`; its texts are made on demand. */
export interface ProjectionRow extends RowPlace {
  /** Universe the row shows. */
  readonly universe: Universe;
  /** What the table's content columns hold, in their order; JSON text for those of type jsonb. */
  readonly values: readonly string[];
  /** The values without what says only when they were written; rows whose content is the same are not written. */
  readonly content: string;
}

export interface ContentColumn {
  readonly column: string;
  readonly type: 'jsonb' | 'text';
  /** Field of the value that says only when it was written: two values that differ in it alone are the same. */
  readonly timeField?: string;
}

/** The columns of one form of `cache_entries`, by what they are for. Values are SQL. */
export interface CacheTable {
  /** Columns that tell rows apart → the part of a place that each holds. */
  readonly identity: Readonly<Record<string, keyof RowPlace>>;
  /** What else a row must hold to be one that this product may write; new rows get it. */
  readonly scope: Readonly<Record<string, string>>;
  /** What new rows get beside that and is never written again. */
  readonly initial: Readonly<Record<string, string>>;
  readonly content: readonly ContentColumn[];
  /** Times set when a row is added, and whenever it is written. */
  readonly createdAt?: string;
  readonly updatedAt: string;
}

/** One file of `layouts/`: the columns of one form of `cache_entries`, and how universes become rows of it. */
export interface CacheLayout {
  readonly id: string;
  readonly table: CacheTable;
  /**
   * Rows one after the other: the largest value is 20 MB at 143,000 symbols, all together would be twice that.
   * @param ids universe name → id of every universe there ever was; those of `universes` that are new may be absent
   */
  rows(universes: readonly Universe[], at: Date, ids: ReadonlyMap<string, number>): Iterable<ProjectionRow>;
  /** Rows with one of these values in this column are of a kind that this product publishes, by whichever program they were written. */
  readonly managed: { readonly column: string; readonly values: readonly string[] };
}

/** A place as it is shown to people. */
export function formatPlace({ type, name, key }: RowPlace): string {
  return name === '' ? key : `${type}/${name}/${key}`;
}

/** One text for a place. */
export function toPlaceName({ type, name, key }: RowPlace): string {
  return JSON.stringify([type, name, key]);
}

/** Columns without which a table is not of this layout. */
export function listColumns({ table }: CacheLayout): string[] {
  const { identity, scope, initial, content, createdAt, updatedAt } = table;
  return [
    ...Object.keys(identity),
    ...content.map(({ column }) => column),
    ...Object.keys({ ...scope, ...initial }),
    ...(createdAt === undefined ? [] : [createdAt]),
    updatedAt,
  ];
}
