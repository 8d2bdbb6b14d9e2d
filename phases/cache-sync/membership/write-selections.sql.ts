import { arrayOf, date, integer, jsonb, orNull } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** Deletes the selections of a session, of the given universes or (null) of all but the kept ones. */
export const DELETE_SELECTIONS = statement({
  parameters: { session: date, scope: orNull(arrayOf(integer)), kept: arrayOf(integer) },
  row: {},
  text: `
    delete from pipeline.selection
    where session = $1 and ($2::int[] is null or universe_id = any ($2)) and universe_id <> all ($3::int[])`,
});

/**
 * Writes the selections of a session.
 *
 * Parameters: `rows`: a list of id, symbols and limits, because SQL has no arrays of arrays of different lengths.
 * Index:      selection_pkey, for the conflict.
 */
export const WRITE_SELECTIONS = statement({
  parameters: { session: date, rows: jsonb() },
  row: {},
  text: `
    insert into pipeline.selection (session, universe_id, symbols, limits)
    select $1::date, id, symbols, limits
    from jsonb_to_recordset($2::jsonb) as rows (id integer, symbols text[], limits jsonb)
    on conflict (session, universe_id) do update
    set symbols = excluded.symbols, limits = excluded.limits`,
});
