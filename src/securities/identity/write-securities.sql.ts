import { boolean, date, instant } from '../../db/column.js';
import { statement } from '../../db/statement.js';

/** Whether a publish found or superseded an event that changes what a ticker stands for; one row. Index: symbol_event_session_idx. */
export const HAVE_TICKERS_CHANGED = statement({
  parameters: { from: date, at: instant },
  row: { changed: boolean },
  text: `
    select exists (select from pipeline.symbol_event
                   where session >= $1 and event in ('renamed', 'reused') and (known_at = $2 or superseded_at = $2)) as changed`,
});

/** Gives an id to every security of `pipeline.resolved_tickers` that has none. Index: security_first_ticker_first_session_key. */
export const ADD_RESOLVED = statement({
  parameters: { at: instant },
  row: {},
  text: `
    insert into pipeline.security (first_ticker, first_session, recorded_at)
    select distinct first_ticker, first_session, $1::timestamptz from pipeline.resolved_tickers()
    on conflict (first_ticker, first_session) do nothing`,
});

/**
 * Updates the tickers of securities to `pipeline.resolved_tickers`: rows that are no longer right get a `known_to`, the right ones are added.
 *
 * Edges: an addition waits for the rows it replaces: both are known rows of one ticker, of which the index allows one.
 * Index: security_ticker_changed_idx, security_ticker_known_key.
 */
export const WRITE_RESOLVED = statement({
  parameters: { at: instant },
  row: {},
  text: `
    with resolved as materialized (
      select s.id as security_id, r.ticker, r.valid_from, r.valid_to
      from pipeline.resolved_tickers() r
      join pipeline.security s using (first_ticker, first_session)
    ), ended as (
      update pipeline.security_ticker t set known_to = $1
      where t.known_to is null
        and (t.valid_to is not null or t.valid_from > '-infinity' or t.ticker in (select ticker from resolved))
        and not exists (select from resolved r
                        where r.security_id = t.security_id and r.ticker = t.ticker and r.valid_from = t.valid_from
                          and r.valid_to is not distinct from t.valid_to)
      returning 1
    )
    insert into pipeline.security_ticker (security_id, ticker, valid_from, valid_to, known_from)
    select r.security_id, r.ticker, r.valid_from, r.valid_to, $1
    from resolved r
    where (select count(*) from ended) >= 0
      and not exists (select from pipeline.security_ticker t
                      where t.known_to is null and t.security_id = r.security_id and t.ticker = r.ticker
                        and t.valid_from = r.valid_from and t.valid_to is not distinct from r.valid_to)`,
});

/** Makes a security of every recorded symbol whose ticker stands for none. Index: security_ticker_known_key. */
export const ADD_NEWCOMERS = statement({
  parameters: { at: instant, includesEnded: boolean },
  row: {},
  text: `
    with newcomer as materialized (
      select distinct f.symbol
      from pipeline.symbol_fact f
      where ($2 or f.valid_to is null)
        and not exists (select from pipeline.security_ticker t where t.ticker = f.symbol and t.known_to is null)
    ), added as (
      insert into pipeline.security (first_ticker, first_session, recorded_at)
      select symbol, '-infinity', $1::timestamptz from newcomer order by symbol
      on conflict (first_ticker, first_session) do update set first_ticker = excluded.first_ticker
      returning id, first_ticker
    )
    insert into pipeline.security_ticker (security_id, ticker, valid_from, known_from)
    select id, first_ticker, '-infinity', $1 from added`,
});

/** Gives memberships of tickers that stand for another security since this publish the right id. Index: membership_symbol_idx. */
export const CORRECT_MEMBERS = statement({
  parameters: { at: instant },
  row: {},
  text: `
    update pipeline.membership m set security_id = t.security_id
    from pipeline.security_ticker t
    where t.known_from = $1 and t.known_to is null and t.ticker = m.symbol
      and m.valid_from >= t.valid_from and (t.valid_to is null or m.valid_from < t.valid_to) and m.security_id <> t.security_id`,
});
