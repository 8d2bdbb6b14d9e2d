import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/**
 * The columns this product reads and writes. `bigint` and `numeric` arrive as text (a JavaScript number would lose digits
 * silently); `toNumber` below is the one place that converts them.
 */
type Numeric = ColumnType<string, number | string, number | string>;
type Instant = ColumnType<Date, Date | string, Date | string>;
type NullableInstant = ColumnType<Date | null, Date | string | null, Date | string | null>;
type NullableJson = JSONColumnType<Record<string, unknown> | null>;

interface RunTable {
  id: string;
  pipeline: Generated<string>;
  session: string;
  trigger: string;
  mode: string;
  force: boolean;
  phases: string[];
  status: string;
  attempt: Generated<number>;
  lease_owner: string | null;
  lease_expires_at: NullableInstant;
  fence: Generated<string>;
  started_at: Instant;
  finished_at: NullableInstant;
  counters: NullableJson;
  report: NullableJson;
  error: NullableJson;
  hashes: NullableJson;
}

interface PhaseRunTable {
  run_id: string;
  phase: string;
  ordinal: Numeric;
  session: string;
  status: string;
  started_at: NullableInstant;
  finished_at: NullableInstant;
  counters: NullableJson;
  report: NullableJson;
  error: NullableJson;
  hashes: NullableJson;
}

/** Tables that are queried through the builder. Set-based statements over the others are written as SQL, next to what they do. */
export interface Tables {
  'pipeline.run': RunTable;
  'pipeline.phase_run': PhaseRunTable;
}

/** `bigint` and `numeric` text to a number. Exact up to 2^53, which is 9 quadrillion dollars or shares. */
export function toNumber(text: string): number {
  return Number(text);
}
