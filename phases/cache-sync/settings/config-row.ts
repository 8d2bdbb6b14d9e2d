/** A row of type `cache_config`. */
export interface ConfigRow {
  readonly name: string;
  readonly key: string;
  readonly value: unknown;
}

/** A row of `cache_config` that is ignored, or an entry of one. */
export interface IgnoredRow {
  /** `cache_config/name/key`. */
  readonly place: string;
  readonly reason: string;
  /** False: other entries of the row count. */
  readonly isWhole: boolean;
}
