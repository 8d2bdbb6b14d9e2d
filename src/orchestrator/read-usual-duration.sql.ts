import { arrayOf, double, orNull, text } from '../db/column.js';
import { statement } from '../db/statement.js';

/**
 * How long the given phases of a session have taken lately.
 *
 * Result: milliseconds, the mean of the last 20 runs of each phase, added up; null before the first. A phase that found nothing to do counts less
 *         than it will take.
 * Index:  phase_run_done_idx.
 */
export const READ_USUAL_DURATION = statement({
  parameters: { phases: arrayOf(text) },
  row: { sessionMs: orNull(double) },
  text: `
    select sum(lately.ms)::float8 as "sessionMs"
    from unnest($1::text[]) wanted (phase)
    cross join lateral (
      select avg(extract(epoch from p.finished_at - p.started_at) * 1000) as ms
      from (
        select started_at, finished_at
        from pipeline.phase_run
        where phase = wanted.phase and status in ('completed', 'completed_with_holds') and started_at is not null
        order by session desc
        limit 20
      ) p
    ) lately`,
});
