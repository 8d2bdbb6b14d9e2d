import { arrayOf, date, integer, orNull, text, uuid } from '../../src/db/column.js';
import { statement } from '../../src/db/statement.js';

/**
 * Replaces the rows of `pipeline.rejected_row` of a session and source by those that this import refused; unchanged rows are not written.
 *
 * Parameters: parallel lists.
 * Index:      rejected_row_pkey.
 */
export const WRITE_REJECTED_ROWS = statement({
  parameters: {
    session: date,
    source: text,
    runId: uuid,
    origins: arrayOf(text),
    rowNumbers: arrayOf(integer),
    symbols: arrayOf(orNull(text)),
    raws: arrayOf(text),
    reasons: arrayOf(text),
    details: arrayOf(orNull(text)),
  },
  row: {},
  text: `
    with refused as materialized (
      select * from unnest($4::text[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[])
        as refused (origin, row_number, symbol, raw, reason, detail)
    ), gone as (
      delete from pipeline.rejected_row r where r.session = $1 and r.source = $2
        and not exists (select from refused where refused.origin = r.origin and refused.row_number = r.row_number)
    )
    insert into pipeline.rejected_row as r (session, source, run_id, origin, row_number, symbol, raw, reason, detail)
    select $1, $2, $3::uuid, refused.* from refused
    on conflict (session, source, origin, row_number) do update
    set symbol = excluded.symbol, raw = excluded.raw, reason = excluded.reason, detail = excluded.detail, run_id = excluded.run_id
    where (r.symbol, r.raw, r.reason, r.detail) is distinct from
          (excluded.symbol, excluded.raw, excluded.reason, excluded.detail)`,
});
