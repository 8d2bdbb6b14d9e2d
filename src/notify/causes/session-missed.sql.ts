import { declareCause, findOccurrences } from '../cause.js';

interface Facts {
  readonly reason: string | null;
}

/** Sessions that were given up, unless the run that failed is announced itself. Index: slot_pkey, run_pkey. */
const FIND_MISSED_SESSIONS = findOccurrences<Facts>(`
    select to_char(s.session, 'YYYY-MM-DD') as session, s.updated_at as at, jsonb_build_object('reason', s.reason) as facts
    from pipeline.slot s
    left join pipeline.run r on r.id = s.run_id, asked
    where s.state = 'missed' and s.updated_at >= asked.since and coalesce(r.status, '') not in ('failed', 'interrupted')`);

export const sessionMissed = declareCause('session.missed', FIND_MISSED_SESSIONS, ({ reason }, session) => ({
  title: `${session} is missed`,
  lines: [reason ?? 'It was not completed in time.', 'It is not published, and not tried again by the schedule.'],
  command: `tickstock run --session ${session}`,
}));
