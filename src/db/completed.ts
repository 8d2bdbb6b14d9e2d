import type { Kysely } from 'kysely';
import { sessionText } from './portable-columns.js';
import type { Tables } from './tables.js';

/** Statuses of a phase, and of a run, that did its work; with holds, a part of it was not published. */
export const COMPLETED = ['completed', 'completed_with_holds'] as const;

/** Sessions that a phase has completed for, once for every run that did. */
export function selectCompleted(db: Kysely<Tables>, phase: string) {
  return db
    .selectFrom('pipeline.phase_run')
    .select(sessionText('session').as('day'))
    .where('phase', '=', phase)
    .where('status', 'in', COMPLETED);
}
