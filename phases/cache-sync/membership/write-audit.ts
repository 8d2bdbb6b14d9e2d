import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { copyIn, type CopyValue } from '../../../src/db/copy.js';
import type { MembershipChange } from './compare-memberships.js';
import type { AppliedChange } from './membership-ledger.js';
import { idOf, type Publication } from './publication.js';

/** Sessions that are published again, and how far that reaches. */
export interface ResyncRange {
  readonly runId: string;
  readonly from: SessionDate;
  readonly at: Date;
  /** Ids of the universes that may change; null for all. */
  readonly universes: readonly number[] | null;
}

/** One audit row a change. */
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

/** Marks the audit of the sessions as not believed; what is found again is taken back by `restoreAudit`. */
export async function supersedeAudit(client: PoolClient, { from, at, universes }: ResyncRange): Promise<void> {
  await client.query(
    `update pipeline.membership_change set superseded_at = $2
     where session >= $1 and superseded_at is null and ($3::int[] is null or universe_id = any ($3))`,
    [from, at, universes],
  );
}

/** Marks changes of a session as believed again: their universe is held, and what was published of it stands. */
export async function keepAudit(
  client: PoolClient,
  universeId: number,
  { added, removed }: AppliedChange,
  { session, at }: Pick<Publication, 'session' | 'at'>,
): Promise<void> {
  await client.query(
    `update pipeline.membership_change set superseded_at = null
     where session = $1 and universe_id = $2 and superseded_at = $3
       and (action = 'added' and symbol = any ($4::text[]) or action = 'removed' and symbol = any ($5::text[]))`,
    [session, universeId, at, added, removed],
  );
}

/**
 * What came out as before is left as it was: the old row counts again, and the new one goes. The newest of several is taken.
 *
 * Grouped, not joined: a session adds a symbol to a universe once or removes it once, so there is one pair a group. A join by session and
 * universe compared every old row with every new one: 25 s of a session with 4,000 symbols, 0.4 s this way.
 *
 * Edges: a ranked symbol comes out as before with the same figures only; of all others the market cap of then is not known for certain.
 */
export async function restoreAudit(client: PoolClient, { runId, from, at }: ResyncRange): Promise<void> {
  await client.query(
    `with pairs as materialized (
       select max(id) filter (where superseded_at = $2) as old_id, max(id) filter (where superseded_at is null) as new_id
       from pipeline.membership_change
       where session >= $1 and (superseded_at = $2 or (superseded_at is null and run_id = $3))
       group by session, universe_id, symbol, action, reason, case when detail ->> 'rank' is not null then detail end
       having count(*) filter (where superseded_at = $2) > 0 and count(*) filter (where superseded_at is null) > 0
     ), restored as (
       update pipeline.membership_change c set superseded_at = null from pairs where c.id = pairs.old_id
     )
     delete from pipeline.membership_change c using pairs where c.id = pairs.new_id`,
    [from, at, runId],
  );
}
