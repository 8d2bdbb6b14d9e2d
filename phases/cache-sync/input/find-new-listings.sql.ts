import type { SessionDate } from '../../../src/core/session.js';
import { date, text, textOf } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import { WHEN_ISSUED } from '../../../src/securities/renames/match-renames.js';
import type { NewListing } from '../valuation/market.js';

/** Symbols first seen in one session; a real year has 25 at most, warrants and units among them. */
const MOST_LISTED = 500;

/**
 * Symbols that are newly listed on a session, and since which session.
 *
 * Edges: the mark of the source takes precedence over a first appearance. Symbols that appear in bulk are not newly listed: the first load,
 *        and any session with more new symbols than a market lists, which is a feed with a wider coverage. Symbols with an older list date
 *        or an older listing year, and when-issued shares, are not newly listed either. A ticker to which a security changed is none: the security was listed under its former one.
 * Index: symbol_fact_from_idx, source_quote_first_day_idx.
 */
export const FIND_NEW_LISTINGS = statement({
  parameters: { session: date, listedFrom: date },
  row: { symbol: text, reason: textOf<NewListing['reason']>(), session: textOf<SessionDate>() },
  text: `
    with renamed as (
      select detail ->> 'to' as symbol, (detail ->> 'first_session')::date as session
      from pipeline.symbol_event where event = 'renamed' and superseded_at is null and session < $1
    ), first_seen as (
      select f.symbol, f.valid_from as session, count(*) over (partition by f.valid_from) as together
      from pipeline.symbol_fact f
      where f.valid_from between $2 and $1 and f.valid_from > (select min(valid_from) from pipeline.symbol_fact)
        and not exists (select from pipeline.symbol_fact known
                        where known.symbol = f.symbol and known.valid_from <= $1 and (known.valid_to is null or known.valid_to > $1)
                          and (known.list_date < $2 or known.name ~* '${WHEN_ISSUED}'))
        and not exists (select from renamed where renamed.symbol = f.symbol)
        and not exists (select from pipeline.source_quote quote
                        where quote.symbol = f.symbol and quote.session = f.valid_from and quote.listing_year < extract(year from $2::date))
        and not exists (select from pipeline.symbol_fact earlier where earlier.symbol = f.symbol and earlier.valid_from < f.valid_from)
    )
    select distinct on (symbol) symbol, reason, to_char(session, 'YYYY-MM-DD') as session
    from (
      select symbol, session, 'IPO_FIRST_DAY' as reason, 1 as precedence
      from pipeline.source_quote quote
      where is_first_day and session between $2 and $1
        and not exists (select from renamed where renamed.symbol = quote.symbol and renamed.session = quote.session)
        and not exists (select from pipeline.symbol_fact known
                        where known.symbol = quote.symbol and known.valid_from <= quote.session
                          and (known.valid_to is null or known.valid_to > quote.session) and known.name ~* '${WHEN_ISSUED}')
      union all
      select symbol, session, 'IPO_FIRST_SEEN', 2 from first_seen where together <= ${MOST_LISTED}
      union all
      select symbol, session, 'IPO_FIRST_SEEN', 3
      from pipeline.symbol_event where event = 'reused' and superseded_at is null and session >= $2 and session < $1
    ) as seen
    order by symbol, precedence, session`,
});
