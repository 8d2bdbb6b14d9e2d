import type { PoolClient } from 'pg';
import { toJsonb } from '../../src/db/jsonb.js';
import type { HoldApproval } from '../../src/core/phase.js';
import { settledError } from './approve-holds.js';
import type { Hold } from './compare-memberships.js';
import { hashCandidate } from './hold-back.js';
import { idOf, type Publication } from './write-memberships.js';

/** What a publish means for the holds that are open. */
export interface HoldWrite extends Publication {
  readonly inputHash: string;
  readonly force: boolean;
  readonly approval?: HoldApproval | undefined;
  /** Ids of the universes whose holds may be settled, those of a partial sync; null for all, also of the whole session. */
  readonly scope: readonly number[] | null;
}

/**
 * Makes the open holds exactly those found now, of this session; all earlier ones are settled, never deleted: approved by whoever let them
 * through, or no longer needed. One that stays open shows what would be published of it now.
 *
 * Edges: what somebody has rejected is not asked again as long as the input and what it comes to are the same.
 */
export async function writeHolds(client: PoolClient, holds: readonly Hold[], write: HoldWrite): Promise<void> {
  if (write.approval) await approve(client, write.approval, write);
  const rows = holds.map((hold) => ({ ...hold, id: hold.universe && idOf(hold.universe, write) }));
  await settle(client, rows, write);
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
  )
  insert into pipeline.hold (run_id, session, created_at, input_hash, universe_id, gate, measured, threshold, message, candidate, candidate_hash)
  select $1, $2, $3, $4, held.*
  from held
  where not exists (select from kept where kept.gate = held.gate and kept.universe_id is not distinct from held.universe_id)
    and not exists (select from pipeline.hold r
                    where r.session = $2 and r.state = 'rejected' and r.decided_by <> 'tickstock' and r.gate = held.gate
                      and r.universe_id is not distinct from held.universe_id
                      and r.input_hash = $4 and r.candidate_hash = held.candidate_hash)`;

/** @throws EOD_HOLD_SETTLED when one was rejected after it was read: nothing is published then */
async function approve(client: PoolClient, { holds, by, reason }: HoldApproval, write: HoldWrite): Promise<void> {
  const { rowCount } = await client.query(
    `update pipeline.hold set state = 'approved', decided_by = $2, decided_at = $3, decision_reason = $4
     where id = any ($1::int[]) and state = 'open'`,
    [holds, by, write.at, reason],
  );
  if (rowCount !== holds.length) throw settledError(holds, write.session);
}

/** What a later attempt at the session does not hold any more is published by it: later sessions are judged by it like by any other. */
async function settle(
  client: PoolClient,
  rows: readonly { readonly id: number | null; readonly gate: string }[],
  { session, at, force, runId, scope }: HoldWrite,
): Promise<void> {
  await client.query(
    `update pipeline.hold h
     set state = case when session = $1 then 'approved' else 'rejected' end, decided_at = $2,
         decided_by = case when session = $1 and $4 then (select coalesce(triggered_by, lease_owner) from pipeline.run where id = $5)
                           else 'tickstock' end,
         decision_reason = case when session <> $1 then 'settled by a later sync'
                                when $4 then 'published by a forced run' else 'the session has nothing to hold any more' end
     where state = 'open'
       and (session <> $1 or not exists (select from unnest($3::int[], $7::text[]) as held (universe_id, gate)
                                         where held.gate = h.gate and held.universe_id is not distinct from h.universe_id))
       and ($6::int[] is null or universe_id = any ($6::int[]))`,
    [session, at, rows.map((row) => row.id), force, runId, scope, rows.map((row) => row.gate)],
  );
}
