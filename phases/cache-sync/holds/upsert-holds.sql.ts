import {
  arrayOf,
  boolean,
  date,
  instant,
  integer,
  jsonb,
  numeric,
  orNull,
  text,
  uuid,
} from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Writes the current holds of a session: refreshes those that are open or were settled by a later session; restores those that a person
 * rejected for the same input and candidate; adds the others as open.
 *
 * Result:     the holds that were not open before.
 * Parameters: parallel lists; `universes` null for the session itself; `isNewest`: no later session has been published.
 * Index:      none on (session, gate): `hold` has a few rows per session.
 */
export const UPSERT_HOLDS = statement({
  parameters: {
    runId: uuid,
    session: date,
    at: instant,
    inputHash: text,
    universes: arrayOf(orNull(integer)),
    gates: arrayOf(text),
    measured: arrayOf(orNull(numeric)),
    thresholds: arrayOf(orNull(numeric)),
    messages: arrayOf(text),
    candidates: arrayOf(jsonb()),
    candidateHashes: arrayOf(text),
    isNewest: boolean,
    keepsPublished: arrayOf(boolean),
  },
  row: { id: integer, universeId: orNull(integer), gate: text },
  text: `
    with held as materialized (
      select * from unnest($5::int[], $6::text[], $7::numeric[], $8::numeric[], $9::text[], $10::jsonb[], $11::text[], $13::boolean[])
        as held (universe_id, gate, measured, threshold, message, candidate, candidate_hash, keeps_published)
    ), refreshed as (
      update pipeline.hold h
      set run_id = $1, measured = held.measured, threshold = held.threshold, message = held.message, candidate = held.candidate,
          candidate_hash = held.candidate_hash, input_hash = $4, keeps_published = held.keeps_published
      from held
      where h.session = $2 and h.gate = held.gate and h.universe_id is not distinct from held.universe_id
        and (h.state = 'open' or h.state = 'rejected' and h.decided_automatically and h.lifted_at is null)
      returning h.universe_id, h.gate
    ), standing as (
      update pipeline.hold h
      set lifted_at = null, keeps_published = held.keeps_published
      from held
      where h.session = $2 and h.state = 'rejected' and h.gate = held.gate and h.universe_id is not distinct from held.universe_id
        and not h.decided_automatically
        and (h.input_hash = $4 and h.candidate_hash = held.candidate_hash or not $12 and h.lifted_at is null)
      returning h.universe_id, h.gate
    )
    insert into pipeline.hold (run_id, session, created_at, input_hash, universe_id, gate, measured, threshold, message, candidate, candidate_hash,
                               keeps_published)
    select $1, $2, $3, $4, held.*
    from held
    where not exists (select from refreshed r where r.gate = held.gate and r.universe_id is not distinct from held.universe_id)
      and not exists (select from standing s where s.gate = held.gate and s.universe_id is not distinct from held.universe_id)
    returning id, universe_id as "universeId", gate`,
});
