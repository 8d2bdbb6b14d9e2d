import type { PoolClient } from 'pg';
import type { SessionDate } from '../core/session.js';
import { hasChangedSymbols, writeHorizon } from './fact-horizon.js';
import { RECORD_HOST_CAPS } from './record-host-caps.sql.js';
import { ADD_MISSING_FACTS, CLOSE_CHANGED_FACTS, END_FACTS_OF_REMOVED } from './record-facts.sql.js';

/**
 * Records what `symbols` says now as true from this session on, where it differs from what is recorded: facts as intervals, market caps that a host
 * wrote as quotes of the session. Cache sync reads what is recorded, never `symbols`, so that a session can be computed again.
 *
 * Edges: call it only for the newest session; of an older one `symbols` says nothing. A symbol that this product itself marked inactive is recorded as
 *        the source or the host said it last. Where nothing has changed since the last recording, nothing is compared.
 */
export async function recordFacts(client: PoolClient, session: SessionDate): Promise<void> {
  if (!(await hasChangedSymbols(client))) return;
  await END_FACTS_OF_REMOVED.write(client, { session });
  await CLOSE_CHANGED_FACTS.write(client, { session });
  await ADD_MISSING_FACTS.write(client, { session });
  await RECORD_HOST_CAPS.write(client, { session });
  await writeHorizon(client);
}
