import { arrayOf, instant, json, nothing, orNull, text, uuid } from '../db/column.js';
import { statement } from '../db/statement.js';

/** Numbers that neither runs nor migrations lock: 1413825355 is `TECK` in ASCII. */
const COMMIT_ORDER_LOCK = [1_413_825_355, 1] as const;

/**
 * Makes every other transaction that appends events wait until this one ends.
 *
 * Strategy: values of `commit_seq` then become visible in their order, and a reader that continues after the last one it saw misses nothing. It is
 *           a separate statement because a statement that waits for a lock keeps the snapshot from before the wait: `max(sequence)` would
 *           not see the rows of the other transaction.
 */
export const LOCK_COMMIT_ORDER = statement({
  parameters: {},
  row: { pg_advisory_xact_lock: nothing },
  text: `select pg_advisory_xact_lock(${COMMIT_ORDER_LOCK.join(', ')})`,
});

/**
 * Adds events to the outbox, in the given order; after `LOCK_COMMIT_ORDER`.
 *
 * Parameters: parallel lists. `heads` are bodies without the fields added here and without their closing brace.
 * Shape:      a body is stored complete, as it will be published, with its id and its sequence: 1, 2, 3 … within the run, without gaps.
 * Strategy:   `order by` on the select makes the identity column count in that order.
 * Index:      outbox_run_id_sequence_key, for the highest sequence.
 */
export const APPEND_EVENTS = statement({
  parameters: {
    runId: orNull(uuid),
    eventIds: arrayOf(uuid),
    channels: arrayOf(json<string>()),
    heads: arrayOf(text),
    payloads: arrayOf(text),
    at: instant,
  },
  row: {},
  text: `
    with last as (
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
});
