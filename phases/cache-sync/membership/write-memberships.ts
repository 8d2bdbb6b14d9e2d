import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { CARRY_SINCE } from './carry-since.sql.js';
import { CONTINUE_MEMBERSHIPS } from './continue-memberships.sql.js';
import { ANALYZE_CHANGES, CORRECT_MEMBERSHIPS } from './correct-memberships.sql.js';

/**
 * Updates membership intervals to the audit of these sessions, set-based, for the symbols whose audit this publish changed.
 *
 * Edges: for sessions published for the first time intervals are closed in place, because nothing was recorded about them before. For
 *        sessions published again a superseded interval gets a `known_to`, otherwise unchanged, and the corrected one is added:
 *        `pipeline.members` still answers what was believed in between. Intervals with the same result are not touched.
 * @returns the number of intervals superseded, and of those added
 */
export async function writeMemberships(
  client: PoolClient,
  publish: {
    readonly runId: string;
    /** The first session. */
    readonly from: SessionDate;
    readonly at: Date;
    readonly isResync: boolean;
  },
): Promise<number> {
  const { runId, from, at, isResync } = publish;
  if (isResync) await ANALYZE_CHANGES.write(client, {});
  const written = await (isResync ? CORRECT_MEMBERSHIPS : CONTINUE_MEMBERSHIPS).first(client, { runId, from, at });
  while ((await CARRY_SINCE.write(client, { from })) > 0);
  return written?.corrected ?? 0;
}
