/**
 * SQL of the session by whose figures the one of `$1` is judged: the newest with valuations that is not held as a whole. Null: none.
 *
 * A held session has valuations, which show what would have been published; they are not believed.
 */
export const FIGURES_SESSION = `(
  select max(v.session) from pipeline.valuation v
  where v.session < $1 and v.session not in (select h.session from pipeline.held_session h))`;
