/** A row of `cache_entries` at which another one is written as well. */
export interface RowAlias {
  readonly place: string;
  readonly of: string;
}

/**
 * Decisions about rows of `cache_entries` that another program wrote, when its job ends. Places are texts as a parity shows them. The next run
 * writes what an alias or its removal asks for.
 */
export interface RowHandover {
  aliases(): Promise<readonly RowAlias[]>;
  /**
   * Takes rows out of the table and keeps a copy in `pipeline.retired_row`.
   * @returns the places of the rows that were there
   */
  retire(places: readonly string[], by: string, at: Date): Promise<readonly string[]>;
  /** @throws EOD_USAGE when `of` is not a row that this product writes, or `place` is one */
  alias(alias: RowAlias, by: string, at: Date): Promise<void>;
  /** @throws EOD_USAGE when there is no such alias */
  removeAlias(place: string): Promise<void>;
}
