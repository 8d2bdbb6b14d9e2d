/** The facts of a session: those of now, as on its evening; or as they were known then. */
export type Reference = 'current' | 'as-of';

/** Facts as `symbols` has them now. Who was found absent in this very session is looked at again, so that the same input stays the same. */
const CURRENT = `
  select symbol, name, type, coalesce(primary_exchange, exchange) as exchange, market, sector, industry, sic_code, list_date,
         market_cap, weighted_shares_outstanding as shares, etf_type, issuer, aum_millions
  from symbols
  where active and (delisted_date is null or delisted_date > $1)
     or symbol in (select e.symbol from pipeline.symbol_event e
                   left join ohlcv_daily b on b.symbol = e.symbol collate "default" and b.date = $1
                   where e.event = 'delisted' and e.reason = 'ABSENT' and e.superseded_at is null
                     and (b.symbol is not null or e.session = $1)
                     and not exists (select from pipeline.symbol_event newer
                                     where newer.symbol = e.symbol and newer.superseded_at is null
                                       and (newer.session, newer.id) > (e.session, e.id)))`;

const SOURCE_CAP = (valuation: string): string =>
  `case when ${valuation}.source = 'source_market_cap' then coalesce(${valuation}.raw_cap_usd, ${valuation}.market_cap_usd) end`;

/**
 * Facts as they were known on the session, which is what computing it again takes. The market cap is what the source said then; it said
 * nothing, that of the session before, as `symbols` has it on the evening; and where no source keeps that, what the session was computed from.
 * The latter is what `symbols` had of a stock whose own price became too old.
 *
 * Who counts as delisted is left out as on the evening, where `symbols` says so: to look back for a thousand of them took a third of the time.
 *
 * The symbol leaves the collation of `pipeline`: compared in that, bars are not found by their index, and looking back took seconds a session.
 */
const AS_OF = `
  select f.symbol collate "default" as symbol, f.name, f.type, f.exchange, f.market, f.sector, f.industry, f.sic_code, f.list_date,
         coalesce(q.market_cap_usd,
                  case when q.symbol is null and (before.source is null or before.source = 'close_x_shares' or not quotes.are_kept) then ${SOURCE_CAP('v')}
                       else ${SOURCE_CAP('before')} end,
                  before.market_cap_usd) as market_cap,
         f.shares, f.etf_type, f.issuer, f.aum_millions
  from pipeline.symbol_fact f
  cross join (select exists (select from pipeline.source_quote) as are_kept) as quotes
  left join pipeline.source_quote q on q.session = $1 and q.symbol = f.symbol
  left join pipeline.valuation v on v.session = $1 and v.symbol = f.symbol
  left join pipeline.valuation before
    on before.session = (select max(session) from pipeline.valuation where session < $1) and before.symbol = f.symbol
  left join (
    select distinct on (symbol) symbol, event from pipeline.symbol_event
    where superseded_at is null and session < $1
    order by symbol, session desc, id desc
  ) as newest on newest.symbol = f.symbol
  where f.valid_from <= $1 and (f.valid_to is null or f.valid_to > $1)
    and f.active and (f.delisted_date is null or f.delisted_date > $1)
    and (newest.event is distinct from 'delisted'
         or exists (select from ohlcv_daily b where b.symbol = f.symbol collate "default" and b.date = $1))`;

/** Who is listed on a session (`$1`): SQL for a row a symbol, with the facts about it. */
export const LISTED: Readonly<Record<Reference, string>> = { current: CURRENT, 'as-of': AS_OF };
