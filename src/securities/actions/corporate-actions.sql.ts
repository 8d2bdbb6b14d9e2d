import type { SessionDate } from '../../core/session.js';
import {
  arrayOf,
  bigint,
  boolean,
  date,
  double,
  instant,
  integer,
  jsonb,
  numeric,
  orNull,
  text,
  textOf,
} from '../../db/column.js';
import { statement } from '../../db/statement.js';

const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

/** Actions of all symbols or one, newest session first. Index: corporate_action_known_key, corporate_action_session_idx. */
export const READ_ACTIONS = statement({
  parameters: { symbol: orNull(text), since: orNull(date), all: boolean, limit: integer },
  row: {
    id: bigint,
    symbol: text,
    session: textOf<SessionDate>(),
    kind: text,
    newShares: orNull(numeric),
    oldShares: orNull(numeric),
    amountUsd: orNull(numeric),
    source: text,
    enteredBy: orNull(text),
    evidence: jsonb(),
    knownFrom: text,
    knownTo: orNull(text),
  },
  text: `
    select id, symbol, to_char(session, 'YYYY-MM-DD') as session, kind, new_shares as "newShares", old_shares as "oldShares",
           amount_usd as "amountUsd", source, entered_by as "enteredBy", evidence,
           to_char(known_from at time zone 'UTC', ${INSTANT}) as "knownFrom", to_char(known_to at time zone 'UTC', ${INSTANT}) as "knownTo"
    from pipeline.corporate_action
    where ($1::text is null or symbol = $1) and ($2::date is null or session >= $2) and ($3 or known_to is null)
    order by pipeline.corporate_action.session desc, symbol, id desc
    limit $4::integer`,
});

const PAIRS = { symbols: arrayOf(text), sessions: arrayOf(date) } as const;

/** The close of each symbol in a session and the one before it, in the order given. Index: ohlcv_daily (symbol, date). */
export const READ_CLOSES_AROUND = statement({
  parameters: PAIRS,
  row: { close: orNull(double), previousClose: orNull(double), isKnown: boolean },
  text: `
    select today.close::double precision as close, before.close::double precision as "previousClose",
           exists (select from public.ohlcv_daily any_bar where any_bar.symbol = asked.symbol) as "isKnown"
    from unnest($1::text[], $2::date[]) with ordinality as asked (symbol, session, place)
    left join public.ohlcv_daily today on today.symbol = asked.symbol and today.date = asked.session
    left join lateral (
      select b.close from public.ohlcv_daily b where b.symbol = asked.symbol and b.date < asked.session order by b.date desc limit 1
    ) before on true
    order by asked.place`,
});

const ENTERED = {
  ...PAIRS,
  kinds: arrayOf(text),
  newShares: arrayOf(orNull(numeric)),
  oldShares: arrayOf(orNull(numeric)),
  amounts: arrayOf(orNull(numeric)),
  at: instant,
} as const;

const GIVEN = `
  unnest($1::text[], $2::date[], $3::text[], $4::numeric[], $5::numeric[], $6::numeric[])
    as given (symbol, session, kind, new_shares, old_shares, amount_usd)`;

const CHANGES_SHARES = (kind: string): string => `${kind} in ('split', 'stock_dividend', 'unit_change', 'none')`;

const IS_SAME = `
  a.symbol = given.symbol and a.session = given.session and a.kind = given.kind and a.source <> 'derived' and a.known_to is null
  and (a.new_shares, a.old_shares, a.amount_usd) is not distinct from (given.new_shares, given.old_shares, given.amount_usd)`;

/** Supersedes entered actions that others take the place of: of one session, only one changes the shares. Index: corporate_action_known_key. */
export const END_REPLACED = statement({
  parameters: ENTERED,
  row: {},
  text: `
    update pipeline.corporate_action a set known_to = $7
    from ${GIVEN}
    where a.symbol = given.symbol and a.session = given.session and a.source <> 'derived' and a.known_to is null
      and (a.kind = given.kind or (${CHANGES_SHARES('a.kind')} and ${CHANGES_SHARES('given.kind')}))
      and not (${IS_SAME})`,
});

/** Adds the actions that are not known yet. Index: corporate_action_known_key. */
export const ADD_ACTIONS = statement({
  parameters: { ...ENTERED, by: text, source: text },
  row: {},
  text: `
    insert into pipeline.corporate_action (symbol, session, kind, new_shares, old_shares, amount_usd, source, entered_by, known_from)
    select distinct given.symbol, given.session, given.kind, given.new_shares, given.old_shares, given.amount_usd, $9, $8, $7::timestamptz
    from ${GIVEN}
    where not exists (select from pipeline.corporate_action a where ${IS_SAME})`,
});

/** Settles the open exceptions that the actions explain. Index: exception_current_key. */
export const SETTLE_EXCEPTIONS = statement({
  parameters: { ...ENTERED, by: text },
  row: {},
  text: `
    update pipeline.exception e
    set state = case given.kind when 'none' then 'rejected' else 'approved' end, decided_at = $7, decided_by = $8
    from ${GIVEN}
    where e.kind = 'PRICE_MOVE' and e.symbol = given.symbol and e.session = given.session and e.state = 'open'
      and ${CHANGES_SHARES('given.kind')}`,
});

/** Withdraws an entered action; its symbol and session, or no row. Index: corporate_action_pkey. */
export const WITHDRAW_ACTION = statement({
  parameters: { id: bigint, by: text, at: instant },
  row: { symbol: text, session: textOf<SessionDate>() },
  text: `
    update pipeline.corporate_action set known_to = $3, withdrawn_by = $2
    where id = $1 and known_to is null and source <> 'derived'
    returning symbol, to_char(session, 'YYYY-MM-DD') as session`,
});

/**
 * Entered actions that were recorded or withdrawn at an instant, of sessions with bars before and since: closes that are stored count differently.
 * `symbol` is the present ticker. Index: corporate_action_session_idx, ohlcv_daily (symbol, date).
 */
export const LIST_RESTATED = statement({
  parameters: { at: instant },
  row: {
    symbol: text,
    session: textOf<SessionDate>(),
    kind: text,
    ratio: text,
    adjusted: textOf<'split' | 'total'>(),
    change: textOf<'recorded' | 'withdrawn'>(),
  },
  text: `
    select coalesce((select t.ticker from pipeline.security_tickers(a.symbol, a.session) t order by t.valid_from desc limit 1), a.symbol) as symbol,
           to_char(a.session, 'YYYY-MM-DD') as session, a.kind,
           coalesce(a.new_shares::text || ':' || a.old_shares::text, '') as ratio,
           case when ${CHANGES_SHARES('a.kind')} then 'split' else 'total' end as adjusted,
           case when a.known_to = $1 then 'withdrawn' else 'recorded' end as change
    from pipeline.corporate_action a
    where a.source <> 'derived' and (a.known_from = $1 or a.known_to = $1 and a.withdrawn_by is not null)
      and exists (select from public.ohlcv_daily b where b.symbol = a.symbol collate "default" and b.date < a.session)
      and exists (select from public.ohlcv_daily b where b.symbol = a.symbol collate "default" and b.date >= a.session)
    order by a.id`,
});

/** Opens the exception of a symbol and session again, unless another action settles it. Index: exception_current_key. */
export const REOPEN_EXCEPTION = statement({
  parameters: { symbol: text, session: date },
  row: {},
  text: `
    update pipeline.exception e set state = 'open', decided_at = null, decided_by = null
    where e.kind = 'PRICE_MOVE' and e.symbol = $1 and e.session = $2 and e.state in ('approved', 'rejected')
      and not exists (select from pipeline.corporate_action a
                      where a.symbol = $1 and a.session = $2 and a.source <> 'derived' and a.known_to is null and ${CHANGES_SHARES('a.kind')})`,
});
