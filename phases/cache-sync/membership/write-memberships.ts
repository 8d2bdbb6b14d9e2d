import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { CONTINUE_MEMBERSHIPS } from './continue-memberships.sql.js';
import { ANALYZE_CHANGES, CORRECT_MEMBERSHIPS } from './correct-memberships.sql.js';

/**
 * Brings membership intervals to what the audit of these sessions says, set-based, for the symbols whose audit this publish changed.
 *
 * Edges: of sessions published for the first time intervals are closed in place, because nothing was believed about them before. Of sessions
 *        published again an interval that is not believed any more ends in known time (`known_to`), unchanged otherwise, and the right one is
 *        added: `pipeline.members` still answers what was believed in between. Intervals that come out as before are not touched.
 * @returns intervals that are not believed any more, and those added
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
  return written?.corrected ?? 0;
}
