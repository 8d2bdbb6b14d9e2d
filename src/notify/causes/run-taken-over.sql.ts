import { declareCause, findOccurrences } from '../cause.js';

interface Facts {
  readonly run_id: string;
  readonly status: string;
  readonly takeovers: number;
}

/** Runs whose process died and that another one resumed. Index: none; a run table has a few rows a session. */
const FIND_TAKEN_OVER_RUNS = findOccurrences<Facts>(`
    select distinct on (r.session) to_char(r.session, 'YYYY-MM-DD') as session, greatest(r.started_at, asked.since) as at,
           jsonb_build_object('run_id', r.id, 'status', r.status, 'takeovers', r.takeovers) as facts
    from pipeline.run r, asked
    where r.takeovers > 0 and coalesce(r.finished_at, 'infinity') >= asked.since
    order by r.session, r.fence desc`);

export const runTakenOver = declareCause('run.taken_over', FIND_TAKEN_OVER_RUNS, ({ run_id: id, status }, session) => ({
  title: `The run for ${session} was taken over`,
  lines: [
    `Its process ended or did not answer; another one resumed run ${id}.`,
    status === 'running' ? 'It is under way.' : `It is ${status.replaceAll('_', ' ')}.`,
  ],
  command: 'tickstock status',
}));
