import type { PipelineError } from '../../core/errors.js';
import type { RunMode } from '../../core/run-mode.js';
import type { SessionDate } from '../../core/session.js';
import type { Transaction } from '../../db/database.js';
import { kyselyOn } from '../../db/kysely-on.js';
import { toJsonb } from '../../db/jsonb.js';
import { toTotals, type RunTotals } from '../../core/run-totals.js';
import { END_ORPHANS, type OrphanedPhase, type OrphanStatus } from './end-orphans.sql.js';

/** A run that was found without an owner, with the status it was given. */
export interface OrphanedRun {
  readonly id: string;
  readonly session: SessionDate;
  readonly mode: RunMode;
  readonly force: boolean;
  readonly startedAt: Date;
  /** Completed if its last phase had completed and only the end of the run was missing; failed if it died as often as it may be resumed. */
  readonly status: OrphanStatus;
  /** Phases that had not ended: the current one and those not started. */
  readonly phases: readonly OrphanedPhase[];
  /** Ids of all its phases. */
  readonly planned: readonly string[];
  /** Reports of the ended phases. */
  readonly totals: RunTotals;
}

/**
 * Ends runs without an owner: as completed if every phase had completed, as cancelled if that was asked for, else as interrupted or failed, with
 * their open phases.
 *
 * The rows are locked first, by a separate statement: the next statement then sees what a run that is ending at the same time has
 * committed. In one statement, the wait for such a row would end with phases read before it, and an update without its own `status =
 * 'running'` would overwrite the recorded end of the run.
 */
export async function markOrphans(
  { client }: Transaction,
  at: Date,
  error: PipelineError,
  maxTakeovers: number,
): Promise<OrphanedRun[]> {
  const db = kyselyOn(client);
  const running = await db
    .selectFrom('pipeline.run')
    .select('id')
    .where('status', '=', 'running')
    .orderBy('fence')
    .forUpdate()
    .execute();
  if (running.length === 0) return [];
  const rows = await END_ORPHANS.rows(client, {
    at,
    error: toJsonb(error),
    runs: running.map(({ id }) => id),
    maxTakeovers,
  });
  const orphans = rows.map(({ reports, ...run }): OrphanedRun => ({ ...run, totals: toTotals(reports) }));
  for (const { id, totals } of orphans) {
    await db
      .updateTable('pipeline.run')
      .set({ report: toJsonb(totals) })
      .where('id', '=', id)
      .execute();
  }
  return orphans;
}
