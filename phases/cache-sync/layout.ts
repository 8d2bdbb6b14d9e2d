import type { Universe } from './rule.js';

/** One row of `cache_entries`, its value as JSON text; the text is made on demand. */
export interface ProjectionRow {
  readonly type: string;
  readonly name: string;
  readonly key: string;
  /** Universe the row shows. */
  readonly universe: Universe;
  readonly value: string;
  /** The value without what says only when it was written; rows whose content is the same are not written. */
  readonly content: string;
}

/** One file of `layouts/`: how universes become rows of one form of `cache_entries`. */
export interface CacheLayout {
  readonly id: string;
  /** Whether a table with these columns has this layout. */
  matches(columns: ReadonlySet<string>): boolean;
  /** Rows one after the other: the largest value is 20 MB at 143,000 symbols, all together would be twice that. */
  rows(universes: readonly Universe[], at: Date): Iterable<ProjectionRow>;
}
