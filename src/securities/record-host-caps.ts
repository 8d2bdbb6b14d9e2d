import type { PoolClient } from 'pg';
import type { SessionDate } from '../core/session.js';
import { HORIZON, MAY_HAVE_CHANGED } from './fact-horizon.js';

/**
 * Records market caps that a host wrote to `symbols` since they were last recorded, as quotes of the session.
 *
 * A market cap in `symbols` is the host's where it is neither what the source said of the session nor, where that said nothing, what the symbol was
 * valued by in the session before: import keeps the latter there.
 *
 * Edges: where shares are known and the symbol has been valued, cache sync computes the cap and writes it to `symbols` itself: that is never an input,
 *        only its absence is. 0 stands for a cap that the host cleared. Only securities that get a valuation count.
 */
export async function recordHostCaps(client: PoolClient, session: SessionDate): Promise<void> {
  await client.query(
    `insert into pipeline.source_quote as q (session, symbol, host_market_cap_usd)
     select $1, s.symbol, coalesce(s.market_cap, 0)
     from ${HORIZON}
     join symbols s on ${MAY_HAVE_CHANGED}
     left join pipeline.source_quote said on said.session = $1 and said.symbol = s.symbol
     cross join (select max(session) as session from pipeline.valuation where session < $1) as before_session
     left join pipeline.valuation before on before.session = before_session.session and before.symbol = s.symbol
     where s.type in ('CS', 'ADRC', 'ETF')
       and (coalesce(s.weighted_shares_outstanding, 0) <= 0 or coalesce(s.market_cap, 0) = 0
            or not exists (select from pipeline.valuation own
                           where own.symbol = s.symbol and own.source = 'close_x_shares' and own.session in ($1, before_session.session)))
       and coalesce(s.market_cap, 0) is distinct from
           coalesce(said.host_market_cap_usd, said.market_cap_usd, before.raw_cap_usd, before.market_cap_usd, 0)
     on conflict (session, symbol) do update
     set host_market_cap_usd = excluded.host_market_cap_usd`,
    [session],
  );
}
