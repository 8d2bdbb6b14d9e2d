import { declareCause, findOccurrences } from '../cause.js';

interface Facts {
  readonly run_id: string;
  readonly trigger: string;
  readonly code: string | null;
  readonly message: string | null;
  readonly hint: string | null;
}

/**
 * Runs that failed for good: one of the schedule only when its session was given up with it. Runs of a backfill are not found.
 *
 * Index: none; a run table has a few rows a session.
 */
const FIND_FAILED_RUNS = findOccurrences<Facts>(`
    select distinct on (r.session) to_char(r.session, 'YYYY-MM-DD') as session, coalesce(r.finished_at, r.started_at) as at,
           jsonb_build_object('run_id', r.id, 'trigger', r.trigger, 'code', r.error ->> 'code', 'message', r.error ->> 'message',
                              'hint', r.error ->> 'hint') as facts
    from pipeline.run r, asked
    where r.status in ('failed', 'interrupted') and coalesce(r.finished_at, r.started_at) >= asked.since and r.trigger <> 'backfill'
      and (r.trigger <> 'automatic' or exists (select from pipeline.slot s where s.run_id = r.id and s.state = 'missed'))
    order by r.session, r.fence desc`);

export const runFailed = declareCause('run.failed', FIND_FAILED_RUNS, ({ code, message, hint }, session) => ({
  title: `The run for ${session} failed`,
  lines: [
    code === null ? 'Its process ended before it did.' : `${code}: ${message ?? ''}`,
    ...(hint === null ? [] : [hint]),
    'What its phases had not completed is not published.',
  ],
  command: `tickstock run --session ${session}`,
}));
