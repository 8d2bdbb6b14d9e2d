import { date, instant, integer, uuid } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * The intervals of the touched symbols that reach into the sessions: the one open before the first session, continued by the current audit.
 * A change without effect, such as an addition after an addition, is left out. A removal and an addition in
 * one session: the ticker stands for another company since then.
 */
const INTERVALS = `
  with touched as materialized (
    select distinct universe_id, symbol from pipeline.membership_change
    where session >= $2 and (run_id = $1 or superseded_at = $3)
  ), step as (
    select m.universe_id, m.symbol, m.valid_from as session, 0::bigint as id, 'added' as action, m.run_in as run_id
    from touched
    join pipeline.membership m using (universe_id, symbol)
    where m.known_to is null and m.valid_from < $2 and (m.valid_to is null or m.valid_to >= $2)
    union all
    select c.universe_id, c.symbol, c.session, c.id, c.action, c.run_id
    from pipeline.membership_change c
    where c.session >= $2 and c.superseded_at is null
      and exists (select from touched where touched.universe_id = c.universe_id and touched.symbol = c.symbol)
  ), turn as (
    select *, lag(action, 1, 'removed') over (partition by universe_id, symbol order by session, id) as previous from step
  ), interval as materialized (
    select universe_id, symbol, session as valid_from, run_id as run_in, action,
           lead(session) over span as valid_to, lead(run_id) over span as run_out
    from turn
    where action <> previous
    window span as (partition by universe_id, symbol order by session, id)
  )`;

/**
 * Statistics for `CORRECT_MEMBERSHIPS`: without the rows of this publish the server would search a whole session for each of them, 104 s at
 * 143,000 symbols.
 */
export const ANALYZE_CHANGES = statement({
  parameters: {},
  row: {},
  text: `
    analyze pipeline.membership_change`,
});

/**
 * Updates the intervals of the touched symbols to the audit of sessions that are published again: superseded intervals get a `known_to`,
 * and the corrected ones are added. Intervals with the same result are not touched.
 *
 * Result: the number of intervals ended and added; one row.
 * Edges:  an addition waits for the rows it replaces: both are open rows of one symbol, of which the index allows one.
 * Index:  membership_change_session_idx, membership_open_idx, membership_symbol_idx, security_ticker_known_key.
 */
export const CORRECT_MEMBERSHIPS = statement({
  parameters: { runId: uuid, from: date, at: instant },
  row: { corrected: integer },
  text: `
    ${INTERVALS}, ended as (
      update pipeline.membership m
      set known_to = $3
      from touched
      where touched.universe_id = m.universe_id and touched.symbol = m.symbol and m.known_to is null
        and (m.valid_to is null or m.valid_to >= $2)
        and not exists (select from interval i
                        where i.action = 'added' and i.universe_id = m.universe_id and i.symbol = m.symbol
                          and i.valid_from = m.valid_from and i.valid_to is not distinct from m.valid_to)
      returning 1
    ), added as (
      insert into pipeline.membership (universe_id, symbol, valid_from, valid_to, known_from, run_in, run_out, security_id)
      select i.universe_id, i.symbol, i.valid_from, i.valid_to, $3, i.run_in, i.run_out, t.security_id
      from interval i
      left join pipeline.security_ticker t
        on t.known_to is null and t.ticker = i.symbol and i.valid_from >= t.valid_from and (t.valid_to is null or i.valid_from < t.valid_to)
      where i.action = 'added' and (select count(*) from ended) >= 0
        and not exists (select from pipeline.membership m
                        where m.known_to is null and m.universe_id = i.universe_id and m.symbol = i.symbol
                          and m.valid_from = i.valid_from and m.valid_to is not distinct from i.valid_to)
      returning 1
    )
    select ((select count(*) from ended) + (select count(*) from added))::int as corrected`,
});
