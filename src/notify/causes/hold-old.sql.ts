import { HELD_SESSIONS } from '../../history/history.js';
import { declareCause, findOccurrences } from '../cause.js';

interface Facts {
  readonly held: number;
  readonly sessions: number;
}

/**
 * Open holds of the newest session that have lasted, by the session in which they began: each is announced once.
 *
 * Index: hold_open_idx, phase_run_done_idx.
 */
const FIND_OLD_HOLDS = findOccurrences<Facts>(`
    select held."heldSince" as session, max(h.created_at) as at,
           jsonb_build_object('held', count(*), 'sessions', max(held."heldSessions")) as facts
    from pipeline.hold h
    ${HELD_SESSIONS}, asked
    where h.state = 'open' and h.lifted_at is null and h.created_at >= asked.since and held."heldSessions" >= asked.old_sessions
      and h.session = (select max(p.session) from pipeline.phase_run p where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds'))
    group by held."heldSince"`);

export const holdOld = declareCause('hold.old', FIND_OLD_HOLDS, ({ held, sessions }, since) => ({
  title: `${held === 1 ? 'A hold has' : `${held} holds have`} been open since ${since}`,
  lines: [
    `For ${sessions} sessions what is published has stayed as it was before ${since}.`,
    'It stays so until the holds are approved, or a later session passes the gates.',
  ],
  command: 'tickstock holds',
}));
