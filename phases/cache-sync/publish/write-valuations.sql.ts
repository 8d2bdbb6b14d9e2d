import { arrayOf, date, instant, numeric, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** Index: valuation_pkey. */
export const DELETE_VALUATIONS = statement({
  parameters: { session: date },
  row: {},
  text: `
    delete from pipeline.valuation where session = $1`,
});

/** The symbols of a list without a valuation in the session. Index: valuation_pkey. */
export const FIND_UNVALUED = statement({
  parameters: { symbols: arrayOf(text), session: date },
  row: { symbol: text },
  text: `
    select listed.symbol from unnest($1::text[]) as listed (symbol)
    where not exists (select from pipeline.valuation v where v.session = $2 and v.symbol = listed.symbol)`,
});

/**
 * Writes market caps to `symbols` where the computed figure differs from the stored one by more than a percentage. The server compares them
 * with the stored valuations of the session, because `symbols` is not an input of the session.
 *
 * Edges: the casts of the instant as in `END_LISTED`.
 * Index: valuation_pkey, symbols_pkey.
 */
export const REWRITE_MARKET_CAPS = statement({
  parameters: { session: date, thresholdPct: numeric, at: instant },
  row: {},
  text: `
    update public.symbols s
    set market_cap = v.market_cap_usd, last_updated = $3::timestamptz, last_updated_utc = $3::timestamptz
    from pipeline.valuation v
    where v.session = $1 and v.source = 'close_x_shares' and v.market_cap_usd > 0 and s.symbol = v.symbol collate "default"
      and (coalesce(s.market_cap, 0) <= 0 or abs(v.market_cap_usd - s.market_cap) * 100 > s.market_cap * $2::numeric)`,
});
