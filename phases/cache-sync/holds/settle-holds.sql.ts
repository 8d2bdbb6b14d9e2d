import { arrayOf, boolean, date, instant, integer, orNull, text, uuid } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

const IS_GONE = `
  not exists (select from unnest($3::int[], $4::text[]) as held (universe_id, gate)
              where held.gate = h.gate and held.universe_id is not distinct from h.universe_id)`;

const IN_SCOPE = '($5::int[] is null or h.universe_id = any ($5::int[]))';

/**
 * Settles the open holds of earlier sessions, which stay held, and lifts those of this session that this attempt did not find again.
 *
 * Parameters: `universes` and `gates` are parallel lists of the holds found; `scope` null for all.
 * Edges:      a forced publish keeps the hash of what was forced. For a session held as a whole, the holds of its universes are lifted: its
 *             own candidate contains them, and approving it publishes them as well.
 * Index:      hold_open_idx.
 */
export const SETTLE_OPEN_HOLDS = statement({
  parameters: {
    session: date,
    at: instant,
    universes: arrayOf(orNull(integer)),
    gates: arrayOf(text),
    scope: orNull(arrayOf(integer)),
    force: boolean,
    runId: uuid,
    inputHash: text,
  },
  row: {},
  text: `
    update pipeline.hold h
    set state = case when session = $1 and $6 then 'approved' else 'rejected' end, decided_at = $2,
        decided_by = case when session = $1 and $6 then (select coalesce(triggered_by, lease_owner) from pipeline.run where id = $7)
                          else 'tickstock' end,
        decided_automatically = session <> $1 or not $6,
        decision_reason = case when session <> $1 then 'settled by a later sync'
                               when $6 then 'published by a forced run' else 'the session has nothing to hold any more' end,
        input_hash = case when session = $1 and $6 then $8 else input_hash end,
        lifted_at = case when session = $1 and not $6 then $2::timestamptz end
    where state = 'open' and (session < $1 or session = $1 and ${IS_GONE}) and ${IN_SCOPE}`,
});

/** Lifts the rejected holds of a session that were not found again: later sessions compare with this one as with any other. */
export const LIFT_REJECTED_HOLDS = statement({
  parameters: {
    session: date,
    at: instant,
    universes: arrayOf(orNull(integer)),
    gates: arrayOf(text),
    scope: orNull(arrayOf(integer)),
  },
  row: {},
  text: `
    update pipeline.hold h set lifted_at = $2
    where session = $1 and state = 'rejected' and lifted_at is null and ${IS_GONE} and ${IN_SCOPE}`,
});
