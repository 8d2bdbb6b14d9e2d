/**
 * Whether a row `s` of `symbols` may have been written since it was last recorded, as SQL over `pipeline.fact_horizon` as `horizon`: its version is
 * newer than every transaction that had ended then, and neither of the one that recorded nor of one that published.
 *
 * Edges: true for every row where nothing was recorded yet. A transaction number compares by its age, as the server's own 32-bit ones do.
 */
export const MAY_HAVE_CHANGED = `(
  horizon.symbols is null
  or (age(s.xmin) <= age(horizon.seen_before::xid) and s.xmin <> all (horizon.recorded_by::xid[])))`;

/** The horizon, unless it is of another server: a restored dump has one that lies ahead of its transactions. */
export const HORIZON = `
  (select 1) as one
  left join pipeline.fact_horizon horizon on horizon.seen_before <= pg_snapshot_xmax(pg_current_snapshot())`;
