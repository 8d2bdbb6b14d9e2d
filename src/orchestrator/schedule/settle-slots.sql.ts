import { SOURCE_NOT_READY } from '../../core/errors.js';
import type { SessionDate } from '../../core/session.js';
import { double, instant, integer, orNull, text, textOf } from '../../db/column.js';
import { statement } from '../../db/statement.js';

/**
 * Stores how the runs of claimed slots ended.
 *
 * Parameters: `maxAttempts` after which a slot is not run again; `waitSeconds` after its trigger time.
 * Result:     the slots that were settled.
 * Edges:      a run whose process died is not touched: the recovery resumes or ends it. One that failed because its processes died as often as it
 *             may be resumed is not begun again.
 * Index:      slot_pkey, run_pkey: a handful of slots are claimed at a time.
 */
export const SETTLE_SLOTS = statement({
  parameters: { at: instant, maxAttempts: integer, waitSeconds: double },
  row: {
    session: textOf<SessionDate>(),
    state: textOf<'due' | 'completed' | 'missed'>(),
    reason: orNull(text),
    tries: integer,
    dueAt: orNull(instant),
  },
  text: `
      update pipeline.slot s
      set state = case when r.status in ('completed', 'completed_with_holds') then 'completed'
                       when accident is not null and r.attempt < $2 then 'due'
                       when accident is null and may_pass and $1 < s.due_at + make_interval(secs => $3::float8) then 'due'
                       else 'missed' end,
          reason = case when r.status in ('completed', 'completed_with_holds') then null
                        when accident is not null then accident || ', at attempt ' || r.attempt
                        else 'run ' || r.status || ': ' || coalesce((r.error ->> 'code') || ', ' || (r.error ->> 'message'), 'no error was recorded') end,
          retry_at = case when accident is null then $1::timestamptz + make_interval(mins => least(15, power(2, greatest(0, s.tries - 1)))::int) end,
          updated_at = $1
      from (
        select r.id, r.status, r.attempt, r.error
        from pipeline.run r
        where r.id in (select run_id from pipeline.slot where pipeline = 'daily' and state = 'claimed')
          and r.status not in ('pending', 'running')
      ) r
      cross join lateral (
        select case when r.status = 'cancelled' and r.error -> 'context' ->> 'reason' = 'stopping'
                    then 'the service stopped before the run had ended'
                    when r.status not in ('completed', 'completed_with_holds', 'failed', 'cancelled')
                    then 'the process ended before its run did' end as accident,
               r.status = 'failed' and r.error ->> 'code' <> 'EOD_INTERRUPTED' and (r.error ->> 'retryable' = 'true'
                 or r.error ->> 'code' in (${SOURCE_NOT_READY.map((code) => `'${code}'`).join(', ')})) as may_pass
      ) found
      where r.id = s.run_id and s.pipeline = 'daily' and s.state = 'claimed'
      returning to_char(s.session, 'YYYY-MM-DD') as session, s.state, s.reason, s.tries, s.due_at as "dueAt"`,
});
