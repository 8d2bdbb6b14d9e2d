import { arrayOf, boolean, date, integer, numeric, orNull, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** Adds the measures of a session: one row per exchange, and one with an empty name for all. Parallel lists. */
export const WRITE_STATS = statement({
  parameters: {
    session: date,
    medianVolumes: arrayOf(orNull(numeric)),
    exchanges: arrayOf(text),
    bars: arrayOf(integer),
    compared: arrayOf(integer),
    unchanged: arrayOf(integer),
    withPreviousClose: arrayOf(integer),
    matching: arrayOf(integer),
    withEarlierClose: arrayOf(integer),
    matchingEarlier: arrayOf(integer),
    late: arrayOf(boolean),
  },
  row: {},
  text: `
    insert into pipeline.session_stats (session, exchange, bars, compared, unchanged, with_previous_close, matching,
                                        with_earlier_close, matching_earlier, median_volume, is_late)
    select $1, m.exchange, bars, compared, unchanged, with_previous_close, matching, with_earlier_close, matching_earlier,
           median_volume, is_late
    from unnest($2::numeric[], $3::text[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[], $11::boolean[])
      as m (median_volume, exchange, bars, compared, unchanged, with_previous_close, matching, with_earlier_close, matching_earlier, is_late)`,
});
