/**
 * SQL condition: whether a row `s` of `symbols` may have been written since it was last recorded, with `pipeline.fact_horizon` as
 * `horizon`. Its version is newer than every transaction that had ended at the recording, and belongs neither to a recording nor to a
 * publishing transaction.
 *
 * Edges: true for every row when nothing was recorded yet. Transaction numbers are compared by age, as the 32-bit numbers of the server
 *        wrap around.
 */
export const MAY_HAVE_CHANGED = `(
  horizon.symbols is null
  or (age(s.xmin) <= age(horizon.seen_before::xid) and s.xmin <> all (horizon.recorded_by::xid[])))`;

/** The horizon, unless it belongs to another server: after restoring a dump it may be ahead of the server's transactions. */
export const HORIZON = `
  (select 1) as one
  left join pipeline.fact_horizon horizon on horizon.seen_before <= pg_snapshot_xmax(pg_current_snapshot())`;
