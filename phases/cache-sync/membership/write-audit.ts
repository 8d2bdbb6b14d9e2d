import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { copyIn, type CopyValue } from '../../../src/db/copy.js';
import type { MembershipChange } from './compare-memberships.js';
import type { AppliedChange } from './membership-ledger.js';
import { KEEP_AUDIT, SUPERSEDE_AUDIT } from './supersede-audit.sql.js';
import { RESTORE_AUDIT } from './restore-audit.sql.js';
import { idOf, type Publication } from './publication.js';

/** Sessions that are published again, and the universes concerned. */
export interface ResyncRange {
  readonly runId: string;
  readonly from: SessionDate;
  readonly at: Date;
  /** Ids of the universes that may change; null for all. */
  readonly universes: readonly number[] | null;
}

/** One audit row per change. */
export async function writeAudit(
  client: PoolClient,
  changes: readonly MembershipChange[],
  publication: Publication,
): Promise<void> {
  if (changes.length === 0) return;
  const at = publication.at.toISOString();
  await copyIn(
    client,
    'pipeline.membership_change (run_id, session, universe_id, symbol, action, reason, detail, known_at)',
    (function* (): Generator<CopyValue[]> {
      for (const { universe, symbol, action, reason, detail } of changes) {
        yield [
          publication.runId,
          publication.session,
          idOf(universe, publication),
          symbol,
          action,
          reason,
          detail === null ? null : JSON.stringify(detail),
          at,
        ];
      }
    })(),
  );
}

/** Supersedes the audit of the sessions; rows with the same result are restored by `restoreAudit`. */
export async function supersedeAudit(client: PoolClient, { from, at, universes }: ResyncRange): Promise<void> {
  await SUPERSEDE_AUDIT.write(client, { from, at, universes });
}

/** Restores changes of a session: their universe is held, and what was published of it remains valid. */
export async function keepAudit(
  client: PoolClient,
  universeId: number,
  { added, removed }: AppliedChange,
  { session, at }: Pick<Publication, 'session' | 'at'>,
): Promise<void> {
  await KEEP_AUDIT.write(client, { session, universeId, at, added, removed });
}

/** Restores superseded rows with the same result: the old row becomes current again, and the new one is deleted. */
export async function restoreAudit(client: PoolClient, { runId, from, at }: ResyncRange): Promise<void> {
  await RESTORE_AUDIT.write(client, { from, at, runId });
}
