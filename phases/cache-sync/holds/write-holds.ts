import type { PoolClient } from 'pg';
import { toJsonb } from '../../../src/db/jsonb.js';
import type { HoldApproval } from '../../../src/core/phase.js';
import { settledError } from './approve-holds.js';
import type { Hold } from '../membership/compare-memberships.js';
import { hashCandidate } from './hold-back.js';
import { idOf, type Publication } from '../membership/write-memberships.js';

/** What a publish means for the holds that are open. */
export interface HoldWrite extends Publication {
  readonly inputHash: string;
  readonly force: boolean;
  readonly approval?: HoldApproval | undefined;
  /** Ids of the universes whose holds may be settled, those of a partial sync; null for all, also of the whole session. */
  readonly scope: readonly number[] | null;
}

/** A hold with the id of its universe. */
type HoldRow = Hold & { readonly id: number | null };

/**
 * Makes the holds in force exactly those found now, of this session; all others are settled, never deleted: approved by whoever let them
 * through, or no longer needed. One that stays open shows what would be published of it now.
 *
 * Edges: what somebody has rejected is not asked again as long as the input and what it comes to are the same: it is in force again.
 */
export async function writeHolds(client: PoolClient, holds: readonly Hold[], write: HoldWrite): Promise<void> {
  if (write.approval) await approve(client, write.approval, write);
  const found = holds.map((hold): HoldRow => ({ ...hold, id: hold.universe && idOf(hold.universe, write) }));
  await settle(client, found, write);
  const rows = await withoutSessionHolds(client, found, write);
  if (rows.length === 0) return;
  const column = <Value>(pick: (row: (typeof rows)[number]) => Value): Value[] => rows.map(pick);
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
  ]);
}

const UPSERT = `
  with held as materialized (
    select * from unnest($5::int[], $6::text[], $7::numeric[], $8::numeric[], $9::text[], $10::jsonb[], $11::text[])
      as held (universe_id, gate, measured, threshold, message, candidate, candidate_hash)
  ), kept as (
    update pipeline.hold h
    set run_id = $1, measured = held.measured, threshold = held.threshold, message = held.message, candidate = held.candidate,
        candidate_hash = held.candidate_hash, input_hash = $4
    from held
    where h.session = $2 and h.state = 'open' and h.gate = held.gate and h.universe_id is not distinct from held.universe_id
    returning h.universe_id, h.gate
  ), rejected as (
    update pipeline.hold r
    set lifted_at = null
    from held
    where r.session = $2 and r.state = 'rejected' and r.decided_by <> 'tickstock' and r.gate = held.gate
      and r.universe_id is not distinct from held.universe_id and r.input_hash = $4 and r.candidate_hash = held.candidate_hash
    returning r.universe_id, r.gate
  )
  insert into pipeline.hold (run_id, session, created_at, input_hash, universe_id, gate, measured, threshold, message, candidate, candidate_hash)
  select $1, $2, $3, $4, held.*
  from held
  where not exists (select from kept where kept.gate = held.gate and kept.universe_id is not distinct from held.universe_id)
    and not exists (select from rejected where rejected.gate = held.gate and rejected.universe_id is not distinct from held.universe_id)`;

const IS_GONE = `(
  (h.universe_id is null or not $5)
  and not exists (select from unnest($3::int[], $4::text[]) as held (universe_id, gate)
                  where held.gate = h.gate and held.universe_id is not distinct from h.universe_id))`;

const IN_SCOPE = '($6::int[] is null or h.universe_id = any ($6::int[]))';

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
 * Edges: what was let through by force keeps the hash of what was forced. While the session is held as a whole nothing is known of its
 *        universes: their gates were not asked about what would be published.
 */
async function settle(client: PoolClient, rows: readonly HoldRow[], write: HoldWrite): Promise<void> {
  const { session, at, force, runId, scope, inputHash } = write;
  const isSessionHeld = rows.some((row) => row.id === null);
  const [ids, gates] = [rows.map((row) => row.id), rows.map((row) => row.gate)];
  const values = [session, at, ids, gates, isSessionHeld, scope];
  await client.query(
    `update pipeline.hold h
     set state = case when session = $1 and $7 then 'approved' else 'rejected' end, decided_at = $2,
         decided_by = case when session = $1 and $7 then (select coalesce(triggered_by, lease_owner) from pipeline.run where id = $8)
                           else 'tickstock' end,
         decision_reason = case when session <> $1 then 'settled by a later sync'
                                when $7 then 'published by a forced run' else 'the session has nothing to hold any more' end,
         input_hash = case when session = $1 and $7 then $9 else input_hash end,
         lifted_at = case when session = $1 and not $7 then $2::timestamptz end
     where state = 'open' and (session <> $1 or ${IS_GONE}) and ${IN_SCOPE}`,
    [...values, force, runId, inputHash],
  );
  await client.query(
    `update pipeline.hold h set lifted_at = $2
     where session = $1 and state = 'rejected' and lifted_at is null and ${IS_GONE} and ${IN_SCOPE}`,
    values,
  );
}
