import { orNull, text, uuid } from '../db/column.js';
import { statement } from '../db/statement.js';

/**
 * Locks the first waiting event of the run that has waited longest and that no other relay works on: the holder of the lock sends the
 * events of that run.
 *
 * Strategy: the runs are found with one index probe each, regardless of their number of events (`distinct` would read all of them). A row
 *           that another relay delivered in the meantime is checked again once it is locked, and skipped; a locked one is skipped in favour
 *           of the next run. So a run has one sender at a time, and keeps its order with any number of relays. The lock is taken inside
 *           `lateral`, one row at a time: a plain join locks as much, but may read the whole table where statistics are old.
 * Result:   a run, or null for events outside of runs, and the `commit_seq` before that of its first event, as text; none when every run is
 *           locked.
 * Index:    outbox_backlog_idx, then outbox_commit_seq_idx.
 */
export const LOCK_RUN = statement({
  parameters: {},
  row: { runId: orNull(uuid), before: text },
  text: `
    with recursive runs as (
      (select run_id, commit_seq
       from pipeline.outbox
       where published_at is null and run_id is not null
       order by run_id, commit_seq
       limit 1)
      union all
      select next.run_id, next.commit_seq
      from runs
      cross join lateral (
        select run_id, commit_seq
        from pipeline.outbox
        where published_at is null and run_id > runs.run_id
        order by run_id, commit_seq
        limit 1
      ) next
    ), heads as materialized (
      (select commit_seq from runs
       union all
       (select commit_seq
        from pipeline.outbox
        where published_at is null and run_id is null
        order by run_id, commit_seq
        limit 1))
      order by commit_seq
    )
    select locked."runId", locked.before
    from heads
    cross join lateral (
      select o.run_id as "runId", (o.commit_seq - 1)::text as before
      from pipeline.outbox o
      where o.commit_seq = heads.commit_seq and o.published_at is null
      for update skip locked
    ) locked
    limit 1`,
});
