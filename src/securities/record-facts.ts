import type { PoolClient } from 'pg';
import type { SessionDate } from '../core/session.js';
import { hasChangedSymbols, writeHorizon } from './fact-horizon.js';
import { RECORD_HOST_CAPS } from './record-host-caps.sql.js';
import { ADD_MISSING_FACTS, CLOSE_CHANGED_FACTS, END_FACTS_OF_REMOVED } from './record-facts.sql.js';

/**
 * Records the current content of `symbols` as valid from this session on, where it differs from the recorded facts: facts as intervals,
 * market caps written by a host as quotes of the session. Cache sync reads recorded facts, never `symbols`, so that a session can be
 * recomputed.
 *
 * Edges: valid for the newest session only; `symbols` has no information about older ones. A symbol that this product marked as inactive is
 *        recorded as the source or the host last stated it. When nothing has changed since the last recording, nothing is compared.
 */
export async function recordFacts(client: PoolClient, session: SessionDate): Promise<void> {
  if (!(await hasChangedSymbols(client))) return;
  await END_FACTS_OF_REMOVED.write(client, { session });
  await CLOSE_CHANGED_FACTS.write(client, { session });
  await ADD_MISSING_FACTS.write(client, { session });
  await RECORD_HOST_CAPS.write(client, { session });
  await writeHorizon(client);
}
