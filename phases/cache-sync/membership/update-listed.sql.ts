import { arrayOf, date, instant, orNull, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Marks symbols as inactive from a day on; parallel lists. Rows that are already marked are not written.
 *
 * Edges: an adopted table may have `last_updated` without a time zone and `last_updated_utc` with one: the cast gives the parameter one
 *        type for both, and makes it an instant.
 * Index: symbols_pkey.
 */
export const END_LISTED = statement({
  parameters: { at: instant, symbols: arrayOf(text), days: arrayOf(orNull(date)) },
  row: {},
  text: `
    update public.symbols s
    set active = false, delisted_date = coalesce(s.delisted_date, gone.day),
        last_updated = $1::timestamptz, last_updated_utc = $1::timestamptz
    from unnest($2::text[], $3::date[]) as gone (symbol, day)
    where s.symbol = gone.symbol and (s.active or s.delisted_date is null)`,
});

/** Marks symbols as active. Rows that are already marked are not written. Index: symbols_pkey. */
export const LIST_AGAIN = statement({
  parameters: { at: instant, symbols: arrayOf(text) },
  row: {},
  text: `
    update public.symbols s set active = true, delisted_date = null, last_updated = $1::timestamptz, last_updated_utc = $1::timestamptz
    where s.symbol = any ($2::text[]) and (not coalesce(s.active, false) or s.delisted_date is not null)`,
});
