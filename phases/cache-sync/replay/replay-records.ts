import type { PoolClient } from 'pg';
import { PipelineError } from '../../../src/core/errors.js';
import type { SessionDate } from '../../../src/core/session.js';
import { toJsonb } from '../../../src/db/jsonb.js';
import { readHolds, type ApprovedHold } from '../holds/approve-holds.js';
import type { Hold } from '../membership/compare-memberships.js';
import { hashCandidate } from '../holds/hold-back.js';
import { idOf, type Publication } from '../membership/write-memberships.js';

/** A session that was published, and whether that was done by force. */
export interface PublishedSession {
  readonly session: SessionDate;
  readonly isForced: boolean;
}

/**
 * The sessions to recompute, oldest first: all that were published, up to the run's own. What was only imported was never asked for.
 *
 * Edges: of several syncs of a session the last full one that published anything counts; those that only found the same input again are no
 *        decision, and neither is a replay.
 * @throws EOD_SESSION_INVALID when the first is none of them, or nothing is known of symbols on it
 */
export async function readPublishedSessions(
  client: PoolClient,
  from: SessionDate,
  to: SessionDate,
): Promise<readonly [PublishedSession, ...PublishedSession[]]> {
  const { rows } = await client.query<PublishedSession>(
    `select to_char(p.session, 'YYYY-MM-DD') as session,
            coalesce((array_agg(r.force order by r.fence desc)
                      filter (where r.mode = 'full' and p.report -> 'details' ? 'gates' and not p.report -> 'details' ? 'replayedFrom'))[1],
                     false) as "isForced"
     from pipeline.phase_run p
     join pipeline.run r on r.id = p.run_id
     where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds') and p.session between $1 and $2
     group by p.session
     order by p.session`,
    [from, to],
  );
  const [first, ...others] = rows;
  if (first?.session !== from || rows.at(-1)?.session !== to) {
    throw new PipelineError('EOD_SESSION_INVALID', `there is nothing of ${from} to recompute`, {
      hint: first === undefined ? 'sync it first' : `the next session there is is ${first.session}`,
    });
  }
  await assertRecorded(client, from);
  return [first, ...others];
}

/** Without facts a session has no securities: recomputing it would empty every universe, and its valuations would be lost. */
async function assertRecorded(client: PoolClient, from: SessionDate): Promise<void> {
  const { rows } = await client.query<{ first: SessionDate | null }>(
    `select to_char(min(valid_from), 'YYYY-MM-DD') as first from pipeline.symbol_fact`,
  );
  const first = rows[0]?.first ?? null;
  if (first !== null && first <= from) return;
  if (first === null) {
    throw new PipelineError(
      'EOD_SESSION_INVALID',
      `nothing was recorded of symbols yet, so ${from} cannot be recomputed`,
      {
        hint: 'import a session first: what is known of symbols is recorded from then on',
      },
    );
  }
  throw new PipelineError(
    'EOD_SESSION_INVALID',
    `nothing was recorded of symbols before ${first}, so ${from} cannot be recomputed`,
    { hint: `use \`--from ${first}\` or later`, context: { from, first } },
  );
}

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

/**
 * What came out as before is left as it was: the old row counts again, and the new one goes. The newest of several is taken.
 *
 * Grouped, not joined: a replay adds a symbol to a universe once a session and removes it once, so there is one pair a group. A join by session and
 * universe compared every old row with every new one: 25 s of a session with 4,000 symbols, 0.4 s so.
 *
 * Edges: who was ranked comes out as before with the same figures only; of all others the market cap of then is not known for certain.
 */
export async function restoreAudit(client: PoolClient, from: SessionDate, at: Date): Promise<void> {
  await client.query(
    `with pairs as materialized (
       select max(id) filter (where superseded_at = $2) as old_id, max(id) filter (where superseded_at is null) as new_id
       from pipeline.membership_change
       where session >= $1 and (superseded_at = $2 or (superseded_at is null and known_at = $2))
       group by session, universe_id, symbol, action, reason, case when detail ->> 'rank' is not null then detail end
       having count(*) filter (where superseded_at = $2) > 0 and count(*) filter (where superseded_at is null) > 0
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
       select max(id) filter (where superseded_at = $2) as old_id, max(id) filter (where superseded_at is null) as new_id
       from pipeline.symbol_event
       where session >= $1 and (superseded_at = $2 or (superseded_at is null and known_at = $2))
       group by session, symbol, event, reason, detail
       having count(*) filter (where superseded_at = $2) > 0 and count(*) filter (where superseded_at is null) > 0
     ), restored as (
       update pipeline.symbol_event e set superseded_at = null from pairs where e.id = pairs.old_id
     )
     delete from pipeline.symbol_event e using pairs where e.id = pairs.new_id`,
    [from, at],
  );
}

/** Holds of a session that somebody let through; what was settled without anybody deciding lets nothing through. */
export async function readSettledHolds(client: PoolClient, session: SessionDate): Promise<ApprovedHold[]> {
  return readHolds(client, `h.state = 'approved' and h.decided_by <> 'tickstock' and h.session = $1`, [session]);
}

/**
 * Brings a session's holds to what a replay finds. What is not held any more is lifted, so that later sessions are judged by it; what is held again
 * counts again, and what is newly held is written down: open in the newest session, settled in those before.
 *
 * Edges: an open hold shows what would be published of it now, or nobody could approve it. What somebody has rejected stays decided; in the
 *        newest session only as long as the input and what it comes to are the same. Of a session that is held as a whole those of its universes are
 *        lifted: approving it lets them through as well.
 */
export async function recordHeld(
  client: PoolClient,
  holds: readonly Hold[],
  publication: Publication & { readonly inputHash: string; readonly isLast: boolean },
): Promise<void> {
  const { session, at, runId, inputHash, isLast } = publication;
  const ids = holds.map((hold) => hold.universe && idOf(hold.universe, publication));
  const gates = holds.map((hold) => hold.gate);
  await client.query(LIFT, [session, at, ids, gates]);
  if (holds.length === 0) return;
  const hashes = holds.map((hold) => hashCandidate(hold.candidate));
  await client.query(ENFORCE, [session, ids, gates, hashes, inputHash, isLast]);
  const held = [
    runId,
    session,
    inputHash,
    ids,
    gates,
    holds.map((hold) => hold.measured),
    holds.map((hold) => hold.threshold),
    holds.map((hold) => hold.message),
    holds.map((hold) => toJsonb(hold.candidate)),
    hashes,
  ];
  if (isLast) await client.query(REFRESH, held);
  await client.query(ADD, [...held, at, isLast]);
}

const IS_SAME = 'h.gate = held.gate and h.universe_id is not distinct from held.universe_id';

const LIFT = `
  update pipeline.hold h
  set lifted_at = $2, state = 'rejected',
      decided_by = case when state = 'open' then 'tickstock' else decided_by end,
      decided_at = case when state = 'open' then $2 else decided_at end,
      decision_reason = case when state = 'open' then 'a replay found nothing to hold' else decision_reason end
  where h.session = $1 and h.state <> 'approved' and h.lifted_at is null
    and not exists (select from unnest($3::int[], $4::text[]) as held (universe_id, gate) where ${IS_SAME})`;

/** The newest of those that were lifted before; in the newest session what nobody has decided about is asked anew instead. */
const ENFORCE = `
  update pipeline.hold h
  set lifted_at = null
  where h.id in (
    select max(h.id)
    from pipeline.hold h
    join unnest($2::int[], $3::text[], $4::text[]) as held (universe_id, gate, candidate_hash) on ${IS_SAME}
    where h.session = $1 and h.state = 'rejected'
      and (not $6 or (h.decided_by <> 'tickstock' and h.input_hash = $5 and h.candidate_hash = held.candidate_hash))
    group by h.universe_id, h.gate
  )`;

const HELD = `
  unnest($4::int[], $5::text[], $6::numeric[], $7::numeric[], $8::text[], $9::jsonb[], $10::text[])
    as held (universe_id, gate, measured, threshold, message, candidate, candidate_hash)`;

const REFRESH = `
  update pipeline.hold h
  set run_id = $1, measured = held.measured, threshold = held.threshold, message = held.message, candidate = held.candidate,
      candidate_hash = held.candidate_hash, input_hash = $3
  from ${HELD}
  where h.session = $2 and h.state = 'open' and ${IS_SAME}`;

const ADD = `
  insert into pipeline.hold (run_id, session, created_at, input_hash, state, decided_by, decided_at, decision_reason,
                             universe_id, gate, measured, threshold, message, candidate, candidate_hash)
  select $1, $2, $11, $3, case when $12 then 'open' else 'rejected' end, case when not $12 then 'tickstock' end,
         case when not $12 then $11::timestamptz end, case when not $12 then 'held by a replay' end, held.*
  from ${HELD}
  where not exists (select from pipeline.hold h
                    where h.session = $2 and ${IS_SAME} and h.state <> 'approved' and h.lifted_at is null
                      and (not $12 or h.state = 'open' or (h.input_hash = $3 and h.candidate_hash = held.candidate_hash)))`;
