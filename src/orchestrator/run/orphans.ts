import type { PipelineError } from '../../core/errors.js';
import type { RunMode } from '../../core/run-mode.js';
import type { SessionDate } from '../../core/session.js';
import type { Transaction } from '../../db/database.js';
import { kyselyOn } from '../../db/kysely-on.js';
import { toJsonb } from '../../db/jsonb.js';
import { toTotals, type RunTotals } from '../../core/run-totals.js';
import { END_ORPHANS, type OrphanedPhase } from './end-orphans.sql.js';

/** A run that was found without an owner, as it has been marked. */
export interface OrphanedRun {
  readonly id: string;
  readonly session: SessionDate;
  readonly mode: RunMode;
  readonly force: boolean;
  readonly startedAt: Date;
  /** Completed where its last phase had, and only its end was missing. */
  readonly status: 'interrupted' | 'completed' | 'completed_with_holds';
  /** Phases that had not ended: the one at work, and those that never began. */
  readonly phases: readonly OrphanedPhase[];
  /** Of the phases that had. */
  readonly totals: RunTotals;
}

/**
 * Ends runs that have no owner: completed where every phase had completed, else interrupted, with the phases that had not ended.
 *
 * The rows are locked first, by a statement of its own: the next statement then sees what a run that was ending meanwhile has committed. In one
 * statement the wait for such a row would end with phases read before it, and an update that does not repeat `status = 'running'` would
 * overwrite the run's own end.
 */
export async function markOrphans({ client }: Transaction, at: Date, error: PipelineError): Promise<OrphanedRun[]> {
  const db = kyselyOn(client);
  const running = await db
    .selectFrom('pipeline.run')
    .select('id')
    .where('status', '=', 'running')
    .orderBy('fence')
    .forUpdate()
    .execute();
  if (running.length === 0) return [];
  const rows = await END_ORPHANS.rows(client, { at, error: toJsonb(error), runs: running.map(({ id }) => id) });
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
