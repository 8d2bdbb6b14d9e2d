import type { Kysely } from 'kysely';
import { sessionText } from './portable-columns.js';
import type { Tables } from './tables.js';

/** Statuses of phases and runs that completed; with holds, part of the result was not published. */
export const COMPLETED = ['completed', 'completed_with_holds'] as const;

/** Sessions that a phase has completed, once per run that completed it. */
export function selectCompleted(db: Kysely<Tables>, phase: string) {
  return db
    .selectFrom('pipeline.phase_run')
    .select(sessionText('session').as('day'))
    .where('phase', '=', phase)
    .where('status', 'in', COMPLETED);
}
