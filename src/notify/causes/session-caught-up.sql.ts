import { declareCause, findOccurrences } from '../cause.js';

interface Facts {
  readonly was: 'late' | 'missed';
}

/** Sessions that were late or missed and are published now. Index: slot_pkey, phase_run_done_idx. */
const FIND_CAUGHT_UP_SESSIONS = findOccurrences<Facts>(`
    select to_char(s.session, 'YYYY-MM-DD') as session, max(p.finished_at) as at,
           jsonb_build_object('was', case when s.state = 'missed' then 'missed' else 'late' end) as facts
    from pipeline.slot s
    join pipeline.phase_run p on p.phase = 'cache-sync' and p.session = s.session
      and p.status in ('completed', 'completed_with_holds'), asked
    where p.finished_at >= greatest(asked.since, case when s.state = 'missed' then s.updated_at else s.late_at end)
      and (s.state = 'missed' or s.late_at is not null)
      and not exists (select from pipeline.held_session h where h.session = s.session)
    group by s.session, s.state`);

export const sessionCaughtUp = declareCause('session.caught_up', FIND_CAUGHT_UP_SESSIONS, ({ was }, session) => ({
  title: `${session} is published`,
  lines: [`It was ${was}; nothing is left to do.`],
  command: 'tickstock status',
}));
