import { randomUUID } from 'node:crypto';
import type { EventDraft, StatementRunner } from '../core/phase.js';
import { toEnvelope } from './envelope.js';

/** Any two numbers that neither runs nor migrations lock: 1413825355 is `TECK` in ASCII. */
const POSITION_LOCK = [1_413_825_355, 1] as const;

/**
 * Adds a run's events to the outbox, in the order given.
 *
 * Shape:    a body is stored complete, as it will be published, with its id and its sequence: 1, 2, 3 … within the run, without gaps.
 * Strategy: the lock lasts until the caller's transaction ends, so positions become visible in their own order, and a reader who goes on
 *           after the last position it saw misses nothing. It is a statement of its own because a statement that waits for a lock keeps the
 *           snapshot from before its wait: `max(sequence)` would not see what the other transaction added. `order by` on the select makes
 *           the identity column count in that order.
 * Edges:    call it inside a transaction, as the last statement that writes: until commit, everybody else's events wait. Nothing happens
 *           without drafts.
 * Index:    outbox_run_id_sequence_key, for the highest sequence.
 */
export async function appendToOutbox(
  runner: StatementRunner,
  runId: string | null,
  drafts: readonly EventDraft[],
  at: Date,
): Promise<void> {
  if (drafts.length === 0) return;
  const rows = drafts.map((draft) => {
    const { payload, ...head } = toEnvelope(draft, at);
    return {
      eventId: randomUUID(),
      channels: JSON.stringify(draft.channels),
      head: JSON.stringify(head).slice(0, -1),
      payload: JSON.stringify(payload),
    };
  });
  await runner.query('select pg_advisory_xact_lock($1, $2)', [...POSITION_LOCK]);
  await runner.query(
    `with last as (
       select coalesce(max(sequence), 0) as sequence from pipeline.outbox where run_id = $1::uuid
     ), drafts as (
       select draft.*, case when $1::uuid is not null then last.sequence + draft.place end as sequence
       from unnest($2::uuid[], $3::json[], $4::text[], $5::text[])
         with ordinality as draft (event_id, channels, head, payload, place), last
     )
     insert into pipeline.outbox (event_id, run_id, sequence, channels, body, created_at)
     select event_id, $1::uuid, sequence, array(select json_array_elements_text(channels)),
            (head || ',"event_id":"' || event_id || '"' || coalesce(',"sequence":' || sequence, '')
              || ',"payload":' || payload || '}')::json,
            $6
     from drafts
     order by place`,
    [
      runId,
      rows.map((row) => row.eventId),
      rows.map((row) => row.channels),
      rows.map((row) => row.head),
      rows.map((row) => row.payload),
      at,
    ],
  );
}

/**
 * Deletes events older than `keepDays` days, and says how many.
 *
 * Edges: with `onlyDelivered`, those that wait for Redis stay however old they are; without it, which is for installations without Redis,
 *        everything old goes. A sequence is counted on from the run's events that are left.
 * Index: none: the table holds some weeks of events, and this runs once a run.
 */
export async function pruneOutbox(
  runner: StatementRunner,
  { keepDays, onlyDelivered, at }: { readonly keepDays: number; readonly onlyDelivered: boolean; readonly at: Date },
): Promise<number> {
  const { rows } = await runner.query(
    `with pruned as (
       delete from pipeline.outbox
       where created_at < $1::timestamptz - make_interval(days => $2)
         and (published_at is not null or not $3)
       returning 1
     )
     select count(*)::int as pruned from pruned`,
    [at, keepDays, onlyDelivered],
  );
  return Number(rows[0]?.['pruned']);
}
