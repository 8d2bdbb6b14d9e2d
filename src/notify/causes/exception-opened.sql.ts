import { declareCause, findOccurrences } from '../cause.js';
import { FIRST_EXCEPTIONS, listExceptions, type ListedException } from '../listed-exceptions.js';

interface Facts {
  readonly count: number;
  readonly exceptions: readonly ListedException[];
}

/** Open exceptions by session; not of sessions that only a backfill has run. Index: exception_open_idx, run_session_idx. */
const FIND_OPENED_EXCEPTIONS = findOccurrences<Facts>(`
    select to_char(e.session, 'YYYY-MM-DD') as session, max(e.known_at) as at,
           jsonb_build_object('count', count(*), 'exceptions', ${FIRST_EXCEPTIONS}) as facts
    from pipeline.exception e, asked
    where e.state = 'open' and e.known_at >= asked.since
      and exists (select from pipeline.run r where r.session = e.session and r.trigger <> 'backfill')
      and not exists (select from pipeline.run r where r.session = e.session and r.status = 'running')
    group by e.session`);

export const exceptionOpened = declareCause(
  'exception.opened',
  FIND_OPENED_EXCEPTIONS,
  ({ count, exceptions }, session) => ({
    title: `${count === 1 ? 'An exception was' : `${count} exceptions were`} opened in ${session}`,
    lines: [listExceptions(exceptions, count), 'What was believed before is used until that is decided.'],
    command: 'tickstock exceptions',
  }),
);
