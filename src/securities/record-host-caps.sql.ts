import { date } from '../db/column.js';
import { isPositive } from '../db/sql-conditions.js';
import { statement } from '../db/statement.js';
import { HORIZON, MAY_HAVE_CHANGED } from './may-have-changed.js';

/**
 * Records market caps that a host wrote to `symbols` since the last recording, as quotes of the session.
 *
 * A market cap in `symbols` was written by the host if it differs from what the source quoted for the session, or, without a quote, from
 * the previous valuation of the symbol, which import keeps in `symbols`.
 *
 * Edges: where shares and a close are known, cache sync computes the cap and writes it to `symbols`: the written cap is never an input, but
 *        a missing one is. 0 stands for a cap that the host cleared. Only securities that are valued count. A symbol counted as delisted
 *        has no valuation to compare with, so its row is compared even if it did not change.
 * Tried: plain joins. Statistics do not know a session that is being imported: expecting one quote, the server compared each of 7,140 symbols
 *        with all of them, 2.3 s. `limit` keeps the look-up one by index.
 * Index: source_quote_pkey, valuation_pkey, symbol_event_symbol_idx.
 */
export const RECORD_HOST_CAPS = statement({
  parameters: { session: date },
  row: {},
  text: `
    insert into pipeline.source_quote as q (session, symbol, host_market_cap_usd)
    select $1, s.symbol, coalesce(s.market_cap, 0)
    from ${HORIZON}
    join public.symbols s on ${MAY_HAVE_CHANGED}
      or s.symbol in (select gone.symbol from pipeline.symbol_event gone where gone.event = 'delisted' and gone.superseded_at is null)
    left join lateral (
      select q.host_market_cap_usd, q.market_cap_usd from pipeline.source_quote q where q.session = $1 and q.symbol = s.symbol limit 1
    ) as said on true
    cross join (select max(session) as session from pipeline.valuation where session < $1) as before_session
    left join lateral (
      select v.raw_cap_usd, v.market_cap_usd from pipeline.valuation v
      where v.session = before_session.session and v.symbol = s.symbol
      limit 1
    ) as before on true
    where s.type in ('CS', 'ADRC', 'ETF')
      and (coalesce(s.market_cap, 0) = 0 or ${isPositive('s.weighted_shares_outstanding')} is not true
           or not exists (select from public.ohlcv_daily bar
                          where bar.symbol = s.symbol and bar.date <= $1 and ${isPositive('bar.close')}))
      and coalesce(s.market_cap, 0) is distinct from
          coalesce(said.host_market_cap_usd, said.market_cap_usd, before.raw_cap_usd, before.market_cap_usd, 0)
    on conflict (session, symbol) do update
    set host_market_cap_usd = excluded.host_market_cap_usd`,
});
