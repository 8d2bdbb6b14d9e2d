import type { SessionDate } from '../core/session.js';
import { arrayOf, bigint, boolean, date, instant, integer, numeric, orNull, text, textOf } from '../db/column.js';
import { statement } from '../db/statement.js';

/**
 * What is known of a symbol on a session, and its newest figures by then.
 *
 * Parameters: `session` null before the first publish.
 * Result:     one row; none for a symbol that is neither recorded nor in `symbols`.
 * Index:      primary keys of symbol_fact, symbols and valuation.
 */
export const READ_SYMBOL = statement({
  parameters: { symbol: text, session: orNull(date) },
  row: {
    symbol: text,
    name: orNull(text),
    type: orNull(text),
    active: boolean,
    rank: orNull(integer),
    cap: orNull(bigint),
    close: orNull(numeric),
  },
  text: `
    with known as (
      select f.name, f.type, f.active, 1 as preference
      from pipeline.symbol_fact f
      where f.symbol = $1 and f.valid_from <= $2::date
        and (f.valid_to is null or f.valid_to > $2::date)
      union all
      select s.name, s.type, coalesce(s.active, false), 2
      from public.symbols s
      where s.symbol = $1
      order by preference
      limit 1
    )
    select $1::text as symbol, known.name, known.type, known.active, v.rank, v.market_cap_usd as cap, v.close
    from known
    left join pipeline.valuation v
      on v.symbol = $1
      and v.session = (select max(session) from pipeline.valuation where session <= $2::date)`,
});

/** The universes a symbol is a member of on a session, as believed at `knownAt`, in the order they were first published. */
export const READ_SYMBOL_UNIVERSES = statement({
  parameters: { symbol: text, session: orNull(date), knownAt: instant },
  row: { universe: text, type: text, title: text, since: textOf<SessionDate>() },
  text: `
    select universe, type, title, to_char(since, 'YYYY-MM-DD') as since
    from pipeline.symbol_universes($1, $2::date, $3::timestamptz)`,
});

/** The share classes of the company of a symbol on a session, in rank order; none where it has one. Index: valuation_pkey. */
export const READ_CLASSES = statement({
  parameters: { symbol: text, session: orNull(date) },
  row: { symbol: text },
  text: `
    select v.symbol
    from pipeline.valuation own
    join pipeline.valuation v on v.session = own.session and v.company = own.company
    where own.symbol = $1 and own.session = (select max(session) from pipeline.valuation where session <= $2::date)
    order by v.rank`,
});

/** The first session that is recorded of each symbol. Index: symbol_fact_pkey. */
export const READ_FIRST_SESSIONS = statement({
  parameters: { symbols: arrayOf(text) },
  row: { symbol: text, session: textOf<SessionDate>() },
  text: `
    select symbol, to_char(min(valid_from), 'YYYY-MM-DD') as session
    from pipeline.symbol_fact
    where symbol = any ($1)
    group by symbol`,
});
