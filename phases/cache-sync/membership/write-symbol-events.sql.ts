import { arrayOf, date, instant, jsonb, text, uuid } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Writes the events of symbols, once per session; parallel lists.
 *
 * Edges: a symbol that was delisted before is not delisted again when a held universe removes it later.
 * Index: symbol_event_symbol_idx.
 */
export const WRITE_SYMBOL_EVENTS = statement({
  parameters: {
    runId: uuid,
    session: date,
    at: instant,
    symbols: arrayOf(text),
    events: arrayOf(text),
    reasons: arrayOf(text),
    details: arrayOf(jsonb()),
  },
  row: {},
  text: `
    insert into pipeline.symbol_event (run_id, session, symbol, event, reason, detail, known_at)
    select $1, $2, found.symbol, found.event, found.reason, found.detail, $3
    from unnest($4::text[], $5::text[], $6::text[], $7::jsonb[]) as found (symbol, event, reason, detail)
    where not exists (select from pipeline.symbol_event e
                      where e.session = $2 and e.symbol = found.symbol and e.event = found.event and e.superseded_at is null)
      and (found.reason <> 'REPORTED_INACTIVE'
           or 'delisted' is distinct from (select e.event from pipeline.symbol_event e
                                           where e.symbol = found.symbol and e.superseded_at is null and e.session < $2
                                           order by e.session desc, e.id desc limit 1))`,
});
