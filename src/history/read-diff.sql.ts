import type { SessionDate } from '../core/session.js';
import { bigint, date, instant, integer, orNull, text, textOf } from '../db/column.js';
import { statement } from '../db/statement.js';

/** How many members a universe had on two sessions, as believed at `knownAt`; one row. */
export const COUNT_MEMBERS = statement({
  parameters: { id: integer, from: date, to: date, knownAt: instant },
  row: { before: integer, after: integer },
  text: `
    select (select count(*)::int from pipeline.members($1, $2::date, $4::timestamptz)) as before,
           (select count(*)::int from pipeline.members($1, $3::date, $4::timestamptz)) as after`,
});

/**
 * Symbols that are members on one of two sessions only, as believed at `knownAt`, with the last change of each, and names and figures of the
 * session on which they are members.
 *
 * Index: valuation_pkey, symbol_fact_pkey.
 */
export const READ_DIFF = statement({
  parameters: { universe: text, from: date, to: date, knownAt: instant },
  row: {
    symbol: text,
    action: textOf<'added' | 'removed'>(),
    session: orNull(textOf<SessionDate>()),
    reason: orNull(text),
    name: orNull(text),
    cap: orNull(bigint),
    rank: orNull(integer),
  },
  text: `
    with differing as (
      select *, case action when 'added' then $3::date else $2::date end as figures
      from pipeline.universe_diff($1, $2::date, $3::date, $4::timestamptz) with ordinality
             as d (symbol, action, session, reason, place)
    )
    select d.symbol, d.action, to_char(d.session, 'YYYY-MM-DD') as session, d.reason,
           coalesce(f.name, s.name)::text as name, v.market_cap_usd as cap, v.rank
    from differing d
    left join pipeline.valuation v on v.session = d.figures and v.symbol = d.symbol
    left join pipeline.symbol_fact f
      on f.symbol = d.symbol and f.valid_from <= d.figures and (f.valid_to is null or f.valid_to > d.figures)
    left join public.symbols s on s.symbol = d.symbol
    order by d.place`,
});
