import type { SessionDate } from '../../../src/core/session.js';
import { date, double, json, orNull } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import { FIGURES_SESSION } from './figures-session.js';
import type { CapDoubt } from '../valuation/cap-beliefs.js';

/**
 * The figures of the newest session before this one that is not held; one row.
 *
 * Result: parallel lists as JSON, which the engine parses natively: one row per symbol took three times as long.
 * Index:  valuation_pkey.
 */
export const READ_PAST_FIGURES = statement({
  parameters: { session: date },
  row: {
    symbols: json<string[]>(),
    caps: json<(number | null)[]>(),
    closes: json<(number | null)[]>(),
    leads: json<string[]>(),
    suspects: json<[symbol: string, rawCapUsd: number, sessions: number, doubt: CapDoubt][]>(),
    turnoverDays: orNull(double),
    countsSince: json<Record<string, SessionDate>>(),
    formerCounts: json<Record<string, [shares: number, until: SessionDate][]>>(),
  },
  text: `
    select coalesce(json_agg(symbol), '[]') as symbols, coalesce(json_agg(cap), '[]') as caps,
           coalesce(json_agg(close), '[]') as closes, coalesce(json_agg(symbol) filter (where company = symbol), '[]') as leads,
           coalesce(json_agg(json_build_array(symbol, raw_cap_usd, suspect_sessions, coalesce(doubt, 'SHARE_COUNT')))
                    filter (where suspect_sessions > 0), '[]') as suspects,
           (sum(cap) filter (where rank is not null and dollars > 0))::double precision
             / nullif(sum(dollars) filter (where rank is not null), 0) as "turnoverDays",
           coalesce(json_object_agg(symbol, count_since) filter (where count_since is not null), '{}') as "countsSince",
           coalesce(json_object_agg(symbol, former_counts) filter (where former_counts is not null), '{}') as "formerCounts"
    from (
      select symbol, market_cap_usd as cap, close, rank, dollar_volume_usd as dollars, raw_cap_usd, suspect_sessions, doubt, count_since,
             former_counts, company
      from pipeline.valuation
      where session = ${FIGURES_SESSION}
      order by symbol
    ) as past`,
});
