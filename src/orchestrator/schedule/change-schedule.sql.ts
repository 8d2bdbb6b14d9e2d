import { arrayOf, boolean, instant, orNull, text, time } from '../../db/column.js';
import { statement } from '../../db/statement.js';

/**
 * Changes the fields of the schedule that are not null.
 *
 * Parameters: `at` is the time of the change; it is stored only when the times of the schedule change.
 * Strategy:   every right side sees the row before the update, and the row is locked: two callers who change different fields both succeed.
 */
export const CHANGE_SCHEDULE = statement({
  parameters: {
    enabled: orNull(boolean),
    triggerTime: orNull(time),
    marketCheck: orNull(boolean),
    universes: orNull(arrayOf(text)),
    at: instant,
  },
  row: {},
  text: `
    update pipeline.schedule
    set enabled = coalesce($1, enabled), trigger_time = coalesce($2::time, trigger_time),
        market_check = coalesce($3, market_check), universes = coalesce($4::text[], universes),
        updated_at = case when (coalesce($1, enabled), coalesce($2::time, trigger_time), coalesce($3, market_check))
                               = (enabled, trigger_time, market_check) then updated_at else $5 end
    where pipeline = 'daily'`,
});
