/**
 * The securities listed on a session (`$1`) with their recorded facts: SQL with one row per symbol.
 *
 * Securities that count as delisted, and tickers that were changed, are left out unless they have a bar: looking back for the price of a thousand of them took a third of
 * the time.
 *
 * The symbol drops the collation of `pipeline`: compared in that collation, bars are not found by their index, and looking back took
 * seconds per session.
 */
export const LISTED = `
  select f.symbol collate "default" as symbol, f.valid_from, f.name, f.type, f.exchange, f.market, f.sector, f.industry, f.sic_code, f.list_date,
         f.shares, f.etf_type, f.issuer, f.aum_millions, f.cik, f.figi
  from pipeline.symbol_fact f
  left join (
    select distinct on (symbol) symbol, event from pipeline.symbol_event
    where superseded_at is null and session < $1
    order by symbol, session desc, id desc
  ) as newest on newest.symbol = f.symbol
  where f.valid_from <= $1 and (f.valid_to is null or f.valid_to > $1)
    and f.active and (f.delisted_date is null or f.delisted_date > $1)
    and (newest.event is null or newest.event not in ('delisted', 'renamed')
         or exists (select from public.ohlcv_daily b where b.symbol = f.symbol collate "default" and b.date = $1))`;
