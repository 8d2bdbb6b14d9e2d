import { arrayOf, bigint, double, integer, orNull, text, uuid } from '../db/column.js';
import { statement } from '../db/statement.js';

/**
 * The waiting events of a locked run after a `commit_seq`, in order, within the bounds; a single event may exceed the bound in bytes.
 *
 * Parameters: `after` a `commit_seq`; at most `rows` further and, apart from the first event, `bytes`.
 * Strategy: a range instead of `limit`: it bounds the rows in every plan, while `limit` on a table without statistics may sort
 *           the whole backlog for every page. Events of other runs in between make a page smaller, or empty, never wrong.
 * Index:    outbox_backlog_idx or outbox_commit_seq_idx.
 */
const readWaiting = (isOfRun: string) =>
  statement({
    parameters: { runId: orNull(uuid), after: bigint, rows: bigint, bytes: bigint },
    row: {
      commitSeq: text,
      eventId: uuid,
      runId: orNull(uuid),
      sequence: orNull(integer),
      channels: arrayOf(text),
      body: text,
      createdMs: double,
    },
    text: `
    with waiting as (
      select *, body::text as body_text,
             sum(octet_length(body::text)) over (order by commit_seq) - octet_length(body::text) as bytes_before
      from pipeline.outbox
      where published_at is null
        and ${isOfRun}
        and commit_seq > $2::bigint
        and commit_seq <= $2::bigint + $3
    )
    select commit_seq::text as "commitSeq", event_id as "eventId", run_id as "runId", sequence, channels, body_text as body,
           (extract(epoch from created_at) * 1000)::float8 as "createdMs"
    from waiting
    where bytes_before < $4
    order by commit_seq`,
  });

export const READ_WAITING_OF_RUN = readWaiting('run_id = $1');

/** The same for events outside of runs. `$1` is null; a condition for both cases would not use the index. */
export const READ_WAITING_OUTSIDE = readWaiting('run_id is null and $1::uuid is null');
