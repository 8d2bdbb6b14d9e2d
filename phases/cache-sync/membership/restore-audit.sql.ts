import { date, instant, uuid } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Restores superseded audit rows with the same result: the old row becomes current again, and the new one is deleted. Of several old rows
 * the newest is taken.
 *
 * Edges: for a ranked symbol the figures must be the same too; for all others the market cap of the time is not known for certain.
 * Tried: Grouped, not joined: a session adds a symbol to a universe once or removes it once, so there is one pair per group. A join by
 *        session and universe compared every old row with every new one: 25 s for a session with 4,000 symbols, 0.4 s this way.
 * Index: membership_change_session_idx, membership_change_pkey.
 */
export const RESTORE_AUDIT = statement({
  parameters: { from: date, at: instant, runId: uuid },
  row: {},
  text: `
    with pairs as materialized (
      select max(id) filter (where superseded_at = $2) as old_id, max(id) filter (where superseded_at is null) as new_id
      from pipeline.membership_change
      where session >= $1 and (superseded_at = $2 or (superseded_at is null and run_id = $3))
      group by session, universe_id, symbol, action, reason, case when detail ->> 'rank' is not null then detail end
      having count(*) filter (where superseded_at = $2) > 0 and count(*) filter (where superseded_at is null) > 0
    ), restored as (
      update pipeline.membership_change c set superseded_at = null from pairs where c.id = pairs.old_id
    )
    delete from pipeline.membership_change c using pairs where c.id = pairs.new_id`,
});
