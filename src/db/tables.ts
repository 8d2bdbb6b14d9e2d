import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/**
 * The columns this product reads and writes. `bigint` and `numeric` arrive as text (a JavaScript number would lose digits
 * silently); `toNumber` below is the one place that converts them.
 */
type Numeric = ColumnType<string, number | string, number | string>;
type NullableNumeric = ColumnType<string | null, number | string | null, number | string | null>;
type Instant = ColumnType<Date, Date | string, Date | string>;
type NullableInstant = ColumnType<Date | null, Date | string | null, Date | string | null>;
type Json = JSONColumnType<Record<string, unknown>>;
type NullableJson = JSONColumnType<Record<string, unknown> | null>;

export interface RunTable {
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

export interface PhaseRunTable {
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

export interface ValuationTable {
  session: string;
  symbol: string;
  close: NullableNumeric;
  price_session: string | null;
  shares: NullableNumeric;
  market_cap_usd: NullableNumeric;
  dollar_volume_usd: NullableNumeric;
  source: string;
  rank: number | null;
  exclusion: string | null;
  flags: string[];
}

export interface UniverseTable {
  id: Generated<number>;
  type: string;
  name: string;
  key: string;
  title: string;
  cache_type: string;
  policy: Json;
  policy_hash: string;
  retired_session: string | null;
}

export interface MembershipTable {
  universe_id: number;
  symbol: string;
  valid_from: string;
  valid_to: string | null;
  known_from: Instant;
  known_to: NullableInstant;
  run_in: string;
  run_out: string | null;
}

export interface MembershipChangeTable {
  id: Generated<string>;
  run_id: string;
  session: string;
  universe_id: number;
  symbol: string;
  action: string;
  reason: string;
  detail: NullableJson;
  known_at: Instant;
}

export interface HoldTable {
  id: Generated<number>;
  run_id: string;
  session: string;
  universe_id: number | null;
  gate: string;
  measured: NullableNumeric;
  threshold: NullableNumeric;
  detail: NullableJson;
  state: Generated<string>;
  decided_by: string | null;
  decided_at: NullableInstant;
  decision_reason: string | null;
  created_at: Instant;
}

export interface Tables {
  'pipeline.run': RunTable;
  'pipeline.phase_run': PhaseRunTable;
  'pipeline.valuation': ValuationTable;
  'pipeline.universe': UniverseTable;
  'pipeline.membership': MembershipTable;
  'pipeline.membership_change': MembershipChangeTable;
  'pipeline.hold': HoldTable;
}

/** `bigint` and `numeric` text to a number. Exact up to 2^53, which is 9 quadrillion dollars or shares. */
export function toNumber(text: string): number {
  return Number(text);
}
