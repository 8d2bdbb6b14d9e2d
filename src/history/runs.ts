import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { hasEnded } from '../db/process-identity.js';
import { READ_RUNS, type StoredRun } from './read-runs.sql.js';
import { READ_STATUS } from './read-status.sql.js';
import type { OpenHold, RunRecord } from './run-record.js';

export interface RunFilter {
  readonly limit: number;
  readonly offset?: number | undefined;
  /** Only runs started at or after this. */
  readonly since?: Date | undefined;
  /** Only runs that this phase was part of. */
  readonly phase?: string | undefined;
  readonly runId?: string | undefined;
}

export interface RunPage {
  readonly runs: readonly RunRecord[];
  /** How many match the filter. */
  readonly total: number;
}

export interface PipelineStatus {
  readonly running: RunRecord | null;
  readonly lastRun: RunRecord | null;
  readonly importedSession: SessionDate | null;
  readonly publishedSession: SessionDate | null;
  /** The session published before it. */
  readonly previousSession: SessionDate | null;
  readonly membershipHash: string | null;
  readonly openHolds: number;
  /** What they are; the one that has lasted longest first. */
  readonly holds: readonly OpenHold[];
  /** Sessions that are held as a whole, so that their bars are not used; newest first. */
  readonly heldSessions: readonly SessionDate[];
  /** Events that no Redis has got yet. */
  readonly waitingEvents: number;
  readonly symbols: number;
  readonly bars: number;
}

/**
 * Runs with their phases, newest first, and how many there are in all.
 *
 * Edges: a run whose process has ended stays `running` in the table until it is taken over; here it is `interrupted` as soon as that is certain: its
 *        lease has expired, or the process is of this machine and gone.
 */
export async function readRuns(
  database: Database,
  { limit, offset = 0, since, phase, runId }: RunFilter,
): Promise<RunPage> {
  const filter = { runId: runId ?? null, since: since ?? null, phase: phase ?? null };
  const page = await READ_RUNS.first(database.pool, { ...filter, limit, offset });
  return page === undefined ? { runs: [], total: 0 } : { ...page, runs: page.runs.map(toRecord) };
}

function toRecord({ owned, ...run }: StoredRun): RunRecord {
  const isAlive = owned === null || (owned.isLeased && !(owned.process && hasEnded(owned.process)));
  if (isAlive) return run;
  const phases = run.phases.map((phase) =>
    phase.status === 'pending' || phase.status === 'running' ? { ...phase, status: 'interrupted' } : phase,
  );
  return { ...run, status: 'interrupted', phases };
}

export async function readStatus(database: Database): Promise<PipelineStatus> {
  const [lastRun = null] = (await readRuns(database, { limit: 1 })).runs;
  const status = await READ_STATUS.first(database.pool, {});
  if (status === undefined) throw new Error('a select without from gives one row');
  return { ...status, running: lastRun?.status === 'running' ? lastRun : null, lastRun };
}
