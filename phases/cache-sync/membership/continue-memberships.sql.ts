import { date, instant, integer, uuid } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Each change of a session that is published for the first time begins or ends one interval.
 *
 * Result: the number of intervals ended and added; one row.
 * Edges:  an addition waits for the removals: a ticker that stands for another company leaves and joins in the same session.
 * Tried:  a plain join of the changes with the open memberships. Without statistics, as on the second evening of a new database, it was a loop
 *         over all open memberships with all changes in each: 4.3 s for 2,660 removals from 3,951. `limit` keeps the look-up one by index.
 * Index:  membership_change_session_idx, membership_open_idx, security_ticker_known_key.
 */
export const CONTINUE_MEMBERSHIPS = statement({
  parameters: { runId: uuid, from: date, at: instant },
  row: { corrected: integer },
  text: `
    with change as (
      select universe_id, symbol, session, action, run_id from pipeline.membership_change where session = $2 and run_id = $1
    ), ended as (
      update pipeline.membership m
      set valid_to = change.session, run_out = change.run_id
      from change
      cross join lateral (
        select o.ctid as place
        from pipeline.membership o
        where o.universe_id = change.universe_id and o.symbol = change.symbol and o.valid_to is null and o.known_to is null
        limit 1
      ) as open
      where change.action = 'removed' and m.ctid = open.place
      returning 1
    ), added as (
      insert into pipeline.membership (universe_id, symbol, valid_from, known_from, run_in, security_id)
      select change.universe_id, change.symbol, change.session, $3, change.run_id, t.security_id
      from change
      left join pipeline.security_ticker t
        on t.known_to is null and t.ticker = change.symbol and change.session >= t.valid_from and (t.valid_to is null or change.session < t.valid_to)
      where change.action = 'added' and (select count(*) from ended) >= 0
      returning 1
    )
    select ((select count(*) from ended) + (select count(*) from added))::int as corrected`,
});
