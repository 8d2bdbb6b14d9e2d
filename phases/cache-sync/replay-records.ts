import type { PoolClient } from 'pg';
import type { SessionDate } from '../../src/core/session.js';
import { toJsonb } from '../../src/db/jsonb.js';
import type { Hold } from './compare-memberships.js';
import { hashCandidate } from './hold-back.js';
import { idOf, type Publication } from './write-memberships.js';

/** Marks the audit from a session on as not believed; what a replay finds again is taken back by `restoreAudit`. */
export async function supersedeAudit(client: PoolClient, from: SessionDate, at: Date): Promise<void> {
  await client.query(
    'update pipeline.membership_change set superseded_at = $2 where session >= $1 and superseded_at is null',
    [from, at],
  );
}

/** The same for what happened to symbols. */
export async function supersedeEvents(client: PoolClient, from: SessionDate, at: Date): Promise<void> {
  await client.query(
    'update pipeline.symbol_event set superseded_at = $2 where session >= $1 and superseded_at is null',
    [from, at],
  );
}

/** What came out as before is left as it was: the old row counts again, and the new one goes. The newest of several is taken. */
export async function restoreAudit(client: PoolClient, from: SessionDate, at: Date): Promise<void> {
  await client.query(
    `with pairs as materialized (
       select distinct on (n.id) n.id as new_id, o.id as old_id
       from pipeline.membership_change n
       join pipeline.membership_change o
         on o.session = n.session and o.universe_id = n.universe_id and o.symbol = n.symbol and o.action = n.action
            and o.reason = n.reason and o.superseded_at = $2
       where n.session >= $1 and n.superseded_at is null and n.known_at = $2
       order by n.id, o.id desc
     ), restored as (
       update pipeline.membership_change c set superseded_at = null from pairs where c.id = pairs.old_id
     )
     delete from pipeline.membership_change c using pairs where c.id = pairs.new_id`,
    [from, at],
  );
}

/** The same for what happened to symbols. */
export async function restoreEvents(client: PoolClient, from: SessionDate, at: Date): Promise<void> {
  await client.query(
    `with pairs as materialized (
       select distinct on (n.id) n.id as new_id, o.id as old_id
       from pipeline.symbol_event n
       join pipeline.symbol_event o
         on o.session = n.session and o.symbol = n.symbol and o.event = n.event and o.reason = n.reason and o.superseded_at = $2
       where n.session >= $1 and n.superseded_at is null and n.known_at = $2
       order by n.id, o.id desc
     ), restored as (
       update pipeline.symbol_event e set superseded_at = null from pairs where e.id = pairs.old_id
     )
     delete from pipeline.symbol_event e using pairs where e.id = pairs.new_id`,
    [from, at],
  );
}

/** Gates that somebody let through for a session: `gate type/name/key`, without a universe for the session itself. */
export async function readSettledHolds(client: PoolClient, session: SessionDate): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    `select h.gate || ' ' || coalesce(u.type || '/' || u.name || '/' || u.key, '') as name
     from pipeline.hold h
     left join pipeline.universe u on u.id = h.universe_id
     where h.session = $1 and h.state = 'approved'`,
    [session],
  );
  return new Set(rows.map((row) => row.name));
}

/**
 * Brings a session's holds to what a replay finds: what is not held any more counts as let through, so that later sessions are judged by it; what is
 * newly held is written down, open in the newest session and settled in those before.
 */
export async function recordHeld(
  client: PoolClient,
  holds: readonly Hold[],
  publication: Publication & { readonly inputHash: string; readonly isLast: boolean },
): Promise<void> {
  const { session, at, runId, inputHash, isLast } = publication;
  const ids = holds.map((hold) => hold.universe && idOf(hold.universe, publication));
  const gates = holds.map((hold) => hold.gate);
  await client.query(
    `update pipeline.hold h
     set state = 'approved', decided_by = 'tickstock', decided_at = $2, decision_reason = 'a replay found nothing to hold'
     where h.session = $1 and h.state <> 'approved'
       and not exists (select from unnest($3::int[], $4::text[]) as held (universe_id, gate)
                       where held.gate = h.gate and held.universe_id is not distinct from h.universe_id)`,
    [session, at, ids, gates],
  );
  if (holds.length === 0) return;
  await client.query(
    `insert into pipeline.hold (run_id, session, created_at, input_hash, state, decided_by, decided_at, decision_reason,
                                universe_id, gate, measured, threshold, message, candidate, candidate_hash)
     select $1, $2, $3, $4, case when $5 then 'open' else 'rejected' end, case when not $5 then 'tickstock' end,
            case when not $5 then $3::timestamptz end, case when not $5 then 'held by a replay' end, held.*
     from unnest($6::int[], $7::text[], $8::numeric[], $9::numeric[], $10::text[], $11::jsonb[], $12::text[])
       as held (universe_id, gate, measured, threshold, message, candidate, candidate_hash)
     where not exists (select from pipeline.hold h
                       where h.session = $2 and h.gate = held.gate and h.universe_id is not distinct from held.universe_id)`,
    [
      runId,
      session,
      at,
      inputHash,
      isLast,
      ids,
      gates,
      holds.map((hold) => hold.measured),
      holds.map((hold) => hold.threshold),
      holds.map((hold) => hold.message),
      holds.map((hold) => toJsonb(hold.candidate)),
      holds.map((hold) => hashCandidate(hold.candidate)),
    ],
  );
}
