import { declareCause, findOccurrences } from '../cause.js';
import { FIRST_EXCEPTIONS, listExceptions, type ListedException } from '../listed-exceptions.js';

interface Facts {
  readonly sessions: number;
  readonly count: number;
  readonly exceptions: readonly ListedException[];
}

/** Open exceptions that have lasted, by their session: each is announced once. Index: exception_open_idx, phase_run_done_idx. */
const FIND_OLD_EXCEPTIONS = findOccurrences<Facts>(`
    select to_char(e.session, 'YYYY-MM-DD') as session, max(e.known_at) as at,
           jsonb_build_object('sessions', max(later.sessions), 'count', count(*), 'exceptions', ${FIRST_EXCEPTIONS}) as facts
    from pipeline.exception e, asked, lateral (
      select count(distinct p.session)::int as sessions
      from pipeline.phase_run p
      where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds') and p.session > e.session
    ) later
    where e.state = 'open' and e.known_at >= asked.since and later.sessions >= asked.old_sessions
      and exists (select from pipeline.run r where r.session = e.session and r.trigger <> 'backfill')
    group by e.session`);

export const exceptionOld = declareCause(
  'exception.old',
  FIND_OLD_EXCEPTIONS,
  ({ sessions, count, exceptions }, session) => ({
    title: `${count === 1 ? 'An exception' : `${count} exceptions`} of ${session} not decided`,
    lines: [
      listExceptions(exceptions, count),
      `Open for ${sessions} sessions; what was believed before is used until then.`,
    ],
    command: 'tickstock exceptions',
  }),
);
