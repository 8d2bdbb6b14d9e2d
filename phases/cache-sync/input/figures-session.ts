/** Sessions that are looked back for one that is not held. */
const SESSIONS = 5;

/**
 * SQL of the session by whose figures the one of `$1` is judged: the newest of the last five with valuations that is not held as a whole, otherwise the
 * newest of all. Null: none.
 *
 * A held session has valuations, which show what would have been published, and are not believed. Figures that are weeks old would differ from any
 * new ones, and gates that compare them would hold every session to come: after five held sessions the newest figures count again.
 */
export const FIGURES_SESSION = `coalesce(
  (select max(recent.session)
   from (select session from pipeline.session_stats where exchange = '' and session < $1 order by session desc limit ${SESSIONS}) recent
   where recent.session not in (select h.session from pipeline.held_session h)
     and exists (select from pipeline.valuation v where v.session = recent.session)),
  (select max(v.session) from pipeline.valuation v where v.session < $1))`;
