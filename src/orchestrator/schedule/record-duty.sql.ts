import { boolean, instant } from '../../db/column.js';
import { statement } from '../../db/statement.js';

/** Ends the span in which the schedule is on, where it is off now. */
export const END_DUTY = statement({
  parameters: { enabled: boolean, at: instant },
  row: {},
  text: `update pipeline.duty set until = greatest(since, $2) where pipeline = 'daily' and until is null and not $1::boolean`,
});

/** Begins the span in which the schedule is on, where it is not open already. */
export const BEGIN_DUTY = statement({
  parameters: { enabled: boolean, at: instant },
  row: {},
  text: `
    insert into pipeline.duty (pipeline, since)
    select 'daily', $2::timestamptz where $1::boolean
    on conflict do nothing`,
});
