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
}

export async function readMetrics(database: Database, now: Date): Promise<MetricFacts> {
  const facts = await READ_METRICS.first(database.pool, { now });
  if (facts === undefined) throw new Error('a select without from gives one row');
  return facts;
}
