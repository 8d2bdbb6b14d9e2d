import { declareCause, findOccurrences } from '../cause.js';

interface Facts {
  readonly due_at: string;
  readonly reason: string | null;
}

/** Sessions that are late and neither published nor given up. Index: slot_pkey; a slot an evening. */
const FIND_LATE_SESSIONS = findOccurrences<Facts>(`
    select to_char(s.session, 'YYYY-MM-DD') as session, s.late_at as at,
           jsonb_build_object('due_at', to_char(s.due_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), 'reason', s.reason) as facts
    from pipeline.slot s, asked
    where s.late_at >= asked.since and s.state in ('due', 'claimed')`);

export const sessionLate = declareCause('session.late', FIND_LATE_SESSIONS, ({ due_at: dueAt, reason }, session) => ({
  title: `${session} is late`,
  lines: [
    `It was due at ${dueAt} UTC and is not published yet.`,
    reason ?? 'Its run has not ended.',
    'What was published before is unchanged; the run is tried again.',
  ],
  command: 'tickstock sessions',
}));
