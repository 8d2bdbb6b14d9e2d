import { date } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Gives memberships that began with another ticker of the same security the first session under the former one. One change a call: a
 * security with two changes in the sessions needs two.
 *
 * Index: membership_change_renamed_idx, membership_symbol_idx.
 */
export const CARRY_SINCE = statement({
  parameters: { from: date },
  row: {},
  text: `
    update pipeline.membership m
    set since = coalesce(former.since, former.valid_from)
    from pipeline.membership_change c
    join pipeline.membership former
      on former.universe_id = c.universe_id and former.symbol = c.detail ->> 'from' and former.valid_to = c.session and former.known_to is null
    where c.reason = 'RENAMED' and c.action = 'added' and c.superseded_at is null and c.session >= $1
      and m.universe_id = c.universe_id and m.symbol = c.symbol and m.valid_from = c.session and m.known_to is null
      and m.since is distinct from coalesce(former.since, former.valid_from)`,
});
