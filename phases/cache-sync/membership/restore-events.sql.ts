import { arrayOf, date, instant, text, uuid } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** Restores superseded events with the same result: the old row becomes current again, and the new one is deleted. Index: symbol_event_pkey. */
export const RESTORE_EVENTS = statement({
  parameters: { from: date, at: instant, runId: uuid },
  row: {},
  text: `
    with pairs as materialized (
      select max(id) filter (where superseded_at = $2) as old_id, max(id) filter (where superseded_at is null) as new_id
      from pipeline.symbol_event
      where session >= $1 and (superseded_at = $2 or (superseded_at is null and run_id = $3))
      group by session, symbol, event, reason, detail
      having count(*) filter (where superseded_at = $2) > 0 and count(*) filter (where superseded_at is null) > 0
    ), restored as (
      update pipeline.symbol_event e set superseded_at = null from pairs where e.id = pairs.old_id
    )
    delete from pipeline.symbol_event e using pairs where e.id = pairs.new_id`,
});

/** Restores events of a session for symbols reported inactive that a held universe keeps out. Index: symbol_event_symbol_idx. */
export const KEEP_INACTIVE = statement({
  parameters: { session: date, at: instant, symbols: arrayOf(text) },
  row: {},
  text: `
    update pipeline.symbol_event e set superseded_at = null
    where e.session = $1 and e.superseded_at = $2 and e.reason = 'REPORTED_INACTIVE' and e.symbol = any ($3::text[])
      and not exists (select from pipeline.symbol_event found
                      where found.session = $1 and found.symbol = e.symbol and found.superseded_at is null)`,
});
