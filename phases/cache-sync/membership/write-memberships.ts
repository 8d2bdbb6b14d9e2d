import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';

/**
 * Brings membership intervals to what the audit of these sessions says, set-based, for the symbols whose audit this publish changed.
 *
 * Edges: of sessions published for the first time intervals are closed in place, because nothing was believed about them before. Of sessions
 *        published again an interval that is not believed any more ends in known time (`known_to`), unchanged otherwise, and the right one is
 *        added: `pipeline.members` still answers what was believed in between. Intervals that come out as before are not touched.
 * @returns intervals that are not believed any more, and those added
 */
export async function writeMemberships(
  client: PoolClient,
  publish: {
    readonly runId: string;
    /** The first session. */
    readonly from: SessionDate;
    readonly at: Date;
    readonly isResync: boolean;
  },
): Promise<number> {
  // The rows of this publish are not in the statistics: the server would look for each in all of a session, 104 s at 143,000 symbols.
  if (publish.isResync) await client.query('analyze pipeline.membership_change');
  const { rows } = await client.query<{ corrected: number }>(publish.isResync ? CORRECT : CONTINUE, [
    publish.runId,
    publish.from,
    publish.at,
  ]);
  return rows[0]?.corrected ?? 0;
}

/**
 * The intervals of the touched symbols that reach into the sessions: the one that was open before the first, continued by the audit as it is believed now.
 * A change that changes nothing, an addition after an addition, is left out.
 */
const INTERVALS = `
  with touched as materialized (
    select distinct universe_id, symbol from pipeline.membership_change
    where session >= $2 and (run_id = $1 or superseded_at = $3)
  ), step as (
    select m.universe_id, m.symbol, m.valid_from as session, 'added' as action, m.run_in as run_id
    from touched
    join pipeline.membership m using (universe_id, symbol)
    where m.known_to is null and m.valid_from < $2 and (m.valid_to is null or m.valid_to >= $2)
    union all
    select c.universe_id, c.symbol, c.session, c.action, c.run_id
    from pipeline.membership_change c
    where c.session >= $2 and c.superseded_at is null
      and exists (select from touched where touched.universe_id = c.universe_id and touched.symbol = c.symbol)
  ), turn as (
    select *, lag(action, 1, 'removed') over (partition by universe_id, symbol order by session) as previous from step
  ), interval as materialized (
    select universe_id, symbol, session as valid_from, run_id as run_in, action,
           lead(session) over span as valid_to, lead(run_id) over span as run_out
    from turn
    where action <> previous
    window span as (partition by universe_id, symbol order by session)
  )`;

/** Each change of a session that is published for the first time begins or ends one interval. */
const CONTINUE = `
  with change as (
    select universe_id, symbol, session, action, run_id from pipeline.membership_change where session = $2 and run_id = $1
  ), ended as (
    update pipeline.membership m
    set valid_to = change.session, run_out = change.run_id
    from change
    where change.action = 'removed' and m.universe_id = change.universe_id and m.symbol = change.symbol
      and m.valid_to is null and m.known_to is null
    returning 1
  ), added as (
    insert into pipeline.membership (universe_id, symbol, valid_from, known_from, run_in)
    select universe_id, symbol, session, $3, run_id from change where action = 'added'
    returning 1
  )
  select ((select count(*) from ended) + (select count(*) from added))::int as corrected`;

/** An addition waits for the rows it takes the place of: both are open rows of one symbol, of which the index allows one. */
const CORRECT = `
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
    insert into pipeline.membership (universe_id, symbol, valid_from, valid_to, known_from, run_in, run_out)
    select i.universe_id, i.symbol, i.valid_from, i.valid_to, $3, i.run_in, i.run_out
    from interval i
    where i.action = 'added' and (select count(*) from ended) >= 0
      and not exists (select from pipeline.membership m
                      where m.known_to is null and m.universe_id = i.universe_id and m.symbol = i.symbol
                        and m.valid_from = i.valid_from and m.valid_to is not distinct from i.valid_to)
    returning 1
  )
  select ((select count(*) from ended) + (select count(*) from added))::int as corrected`;
