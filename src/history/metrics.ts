import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { READ_METRICS } from './read-metrics.sql.js';

/** What a monitor asks for. Counts are of everything stored, durations of the newest run of each phase that completed. */
export interface MetricFacts {
  readonly runsByStatus: Readonly<Record<string, number>>;
  readonly phaseSeconds: Readonly<Record<string, number>>;
  readonly openHolds: number;
  readonly outboxBacklog: number;
  /** Age of the oldest event that waits, in seconds; 0 without one. */
  readonly outboxOldestSeconds: number;
  readonly publishedSession: SessionDate | null;
  /** The newest run that has ended; seconds since the epoch. */
  readonly lastRun: { readonly status: string; readonly endedAt: number } | null;
  /** Of the newest session of the schedule. */
  readonly slotState: string | null;
  /** Rows that the newest import refused. */
  readonly rejectedRows: number;
  readonly openExceptions: number;
  /** Universe → members. */
  readonly members: Readonly<Record<string, number>>;
  /** What the gates measured of the newest session, and their limits. */
  readonly gates: readonly {
    readonly gate: string;
    readonly measured: number | null;
    readonly threshold: number | null;
  }[];
}

export async function readMetrics(database: Database, now: Date): Promise<MetricFacts> {
  const facts = await READ_METRICS.first(database.pool, { now });
  if (facts === undefined) throw new Error('a select without from gives one row');
  return facts;
}
