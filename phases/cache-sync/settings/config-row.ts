/** A row of type `cache_config`. */
export interface ConfigRow {
  readonly name: string;
  readonly key: string;
  readonly value: unknown;
}
