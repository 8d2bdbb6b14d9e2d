import type { SessionDate } from '../../core/session.js';
import { arrayOf, boolean, date, instant, orNull, text, textOf, uuid } from '../../db/column.js';
import { statement } from '../../db/statement.js';
import type { SlotState } from './slot-store.js';

/**
 * What is stored about sessions, in the order given.
 *
 * Result: `published` is null where cache sync has not completed; `error` is that of the newest run, as `CODE, message`.
 * Index:  phase_run_done_idx, run_session_idx, hold_session_idx, slot_pkey.
 */
export const READ_SESSIONS = statement({
  parameters: { sessions: arrayOf(date) },
  row: {
    session: textOf<SessionDate>(),
    published: orNull(textOf<'completed' | 'completed_with_holds'>()),
    publishedAt: orNull(instant),
    isHeld: boolean,
    runId: orNull(uuid),
    runStatus: orNull(text),
    error: orNull(text),
    slot: orNull(textOf<SlotState['state']>()),
    reason: orNull(text),
    retryAt: orNull(instant),
    slotDueAt: orNull(instant),
  },
  text: `
    select to_char(d.session, 'YYYY-MM-DD') as session, sync.status as published, sync.finished_at as "publishedAt",
           exists (select from pipeline.held_session h where h.session = d.session) as "isHeld",
           run.id as "runId", run.status as "runStatus", (run.error ->> 'code') || ', ' || (run.error ->> 'message') as error,
           slot.state as slot, slot.reason, slot.retry_at as "retryAt", slot.due_at as "slotDueAt"
    from unnest($1::date[]) with ordinality d (session, place)
    left join lateral (
      select p.status, p.finished_at
      from pipeline.phase_run p
      join pipeline.run r on r.id = p.run_id
      where p.phase = 'cache-sync' and p.session = d.session and p.status in ('completed', 'completed_with_holds')
      order by r.fence desc
      limit 1
    ) sync on true
    left join lateral (
      select r.id, r.status, r.error from pipeline.run r where r.session = d.session order by r.fence desc limit 1
    ) run on true
    left join pipeline.slot slot on slot.pipeline = 'daily' and slot.session = d.session
    order by d.place`,
});
