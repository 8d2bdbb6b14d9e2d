import type { PoolClient } from 'pg';
import type { HoldApproval } from '../../../src/core/phase.js';
import { toJsonb } from '../../../src/db/jsonb.js';
import type { Hold } from '../membership/compare-memberships.js';
import { idOf, type Publication } from '../membership/publication.js';
import { toUniverseName } from '../universes/select-universes.js';
import { settledError } from './approve-holds.js';
import { hashCandidate } from './hold-back.js';

/** What a publish means for holds. */
export interface HoldWrite extends Publication {
  readonly inputHash: string;
  /** Published by force: what was open is approved by the run's own trigger. */
  readonly force: boolean;
  readonly approval?: HoldApproval | undefined;
  /** Ids of the universes whose holds may be settled, those of a partial sync; null for all, also of the whole session. */
  readonly scope: readonly number[] | null;
  /** Whether no later session has been published: only then a hold can still be decided about. */
  readonly isNewest: boolean;
  /** Whether an earlier publish of the universe, or of the session, stands beside its hold. */
  keepsPublished(universe: string | null): boolean;
}

/** A hold with the id of its universe. */
type HoldRow = Hold & { readonly id: number | null };

/**
 * Makes the holds of a session in force exactly those found now; all others are settled, never deleted.
 *
 * | before | found again | not found |
 * |---|---|---|
 * | open, or settled by a later session | refreshed: it shows what would be published now | lifted; approved, where the run was forced |
 * | rejected by a person | in force for the same input and candidate; for others it is asked about again, in the newest session | lifted |
 * | none of these | a new one, open | |
 *
 * Open holds of earlier sessions are settled by every later session: they stay in force. A decision of a person stands as long as the input and
 * the candidate it was made about do.
 */
export async function writeHolds(client: PoolClient, holds: readonly Hold[], write: HoldWrite): Promise<void> {
  if (write.approval) await approve(client, write.approval, write);
  const found = holds.map((hold): HoldRow => ({ ...hold, id: hold.universe && idOf(hold.universe, write) }));
  await settle(client, found, write);
  const rows = await withoutSessionHolds(client, found, write);
  if (rows.length === 0) return;
  const column = <Value>(pick: (row: HoldRow) => Value): Value[] => rows.map(pick);
  await client.query(UPSERT, [
    write.runId,
    write.session,
    write.at,
    write.inputHash,
    column((row) => row.id),
    column((row) => row.gate),
    column((row) => row.measured),
    column((row) => row.threshold),
    column((row) => row.message),
    column((row) => toJsonb(row.candidate)),
    column((row) => hashCandidate(row.candidate)),
    write.isNewest,
    column((row) => write.keepsPublished(row.universe && toUniverseName(row.universe))),
  ]);
}

const UPSERT = `
  with held as materialized (
    select * from unnest($5::int[], $6::text[], $7::numeric[], $8::numeric[], $9::text[], $10::jsonb[], $11::text[], $13::boolean[])
      as held (universe_id, gate, measured, threshold, message, candidate, candidate_hash, keeps_published)
  ), refreshed as (
    update pipeline.hold h
    set run_id = $1, measured = held.measured, threshold = held.threshold, message = held.message, candidate = held.candidate,
        candidate_hash = held.candidate_hash, input_hash = $4, keeps_published = held.keeps_published
    from held
    where h.session = $2 and h.gate = held.gate and h.universe_id is not distinct from held.universe_id
      and (h.state = 'open' or h.state = 'rejected' and h.decided_automatically and h.lifted_at is null)
    returning h.universe_id, h.gate
  ), standing as (
    update pipeline.hold h
    set lifted_at = null, keeps_published = held.keeps_published
    from held
    where h.session = $2 and h.state = 'rejected' and h.gate = held.gate and h.universe_id is not distinct from held.universe_id
      and not h.decided_automatically
      and (h.input_hash = $4 and h.candidate_hash = held.candidate_hash or not $12 and h.lifted_at is null)
    returning h.universe_id, h.gate
  )
  insert into pipeline.hold (run_id, session, created_at, input_hash, universe_id, gate, measured, threshold, message, candidate, candidate_hash,
                             keeps_published)
  select $1, $2, $3, $4, held.*
  from held
  where not exists (select from refreshed r where r.gate = held.gate and r.universe_id is not distinct from held.universe_id)
    and not exists (select from standing s where s.gate = held.gate and s.universe_id is not distinct from held.universe_id)`;

const IS_GONE = `
  not exists (select from unnest($3::int[], $4::text[]) as held (universe_id, gate)
              where held.gate = h.gate and held.universe_id is not distinct from h.universe_id)`;

const IN_SCOPE = '($5::int[] is null or h.universe_id = any ($5::int[]))';

/** @throws EOD_HOLD_SETTLED when one was rejected after it was read: nothing is published then */
async function approve(client: PoolClient, { holds, by, reason }: HoldApproval, write: HoldWrite): Promise<void> {
  const { rowCount } = await client.query(
    `update pipeline.hold set state = 'approved', decided_by = $2, decided_at = $3, decision_reason = $4
     where id = any ($1::int[]) and state = 'open'`,
    [holds, by, write.at, reason],
  );
  if (rowCount !== holds.length) throw settledError(holds, write.session);
}

/**
 * A session that is held keeps its hold when only a part of it is synced again: what the part alone would change is not what would be published
 * of the session.
 */
async function withoutSessionHolds(
  client: PoolClient,
  rows: readonly HoldRow[],
  { session, scope }: HoldWrite,
): Promise<readonly HoldRow[]> {
  if (scope === null || rows.every((row) => row.id !== null)) return rows;
  const { rowCount } = await client.query(
    `select from pipeline.hold
     where session = $1 and universe_id is null and state <> 'approved' and lifted_at is null limit 1`,
    [session],
  );
  return rowCount === 0 ? rows : rows.filter((row) => row.id !== null);
}

/**
 * Decides about the open holds of earlier sessions, which stay held, and about those that this attempt at the session does not find any more; the
 * latter are lifted, as are those that were rejected: later sessions are judged by this one like by any other.
 *
 * Edges: what was published by force keeps the hash of what was forced. Of a session that is held as a whole the holds of its universes are lifted:
 *        its own candidate has all of them, and approving it lets them through as well.
 */
async function settle(client: PoolClient, rows: readonly HoldRow[], write: HoldWrite): Promise<void> {
  const { session, at, force, runId, scope, inputHash } = write;
  const [ids, gates] = [rows.map((row) => row.id), rows.map((row) => row.gate)];
  const values = [session, at, ids, gates, scope];
  await client.query(
    `update pipeline.hold h
     set state = case when session = $1 and $6 then 'approved' else 'rejected' end, decided_at = $2,
         decided_by = case when session = $1 and $6 then (select coalesce(triggered_by, lease_owner) from pipeline.run where id = $7)
                           else 'tickstock' end,
         decided_automatically = session <> $1 or not $6,
         decision_reason = case when session <> $1 then 'settled by a later sync'
                                when $6 then 'published by a forced run' else 'the session has nothing to hold any more' end,
         input_hash = case when session = $1 and $6 then $8 else input_hash end,
         lifted_at = case when session = $1 and not $6 then $2::timestamptz end
     where state = 'open' and (session < $1 or session = $1 and ${IS_GONE}) and ${IN_SCOPE}`,
    [...values, force, runId, inputHash],
  );
  await client.query(
    `update pipeline.hold h set lifted_at = $2
     where session = $1 and state = 'rejected' and lifted_at is null and ${IS_GONE} and ${IN_SCOPE}`,
    values,
  );
}
