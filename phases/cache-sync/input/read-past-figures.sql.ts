import { date, json } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * The figures of the newest session before this one; one row.
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
    suspects: json<[symbol: string, rawCapUsd: number, sessions: number][]>(),
  },
  text: `
    select coalesce(json_agg(symbol), '[]') as symbols, coalesce(json_agg(cap), '[]') as caps,
           coalesce(json_agg(close), '[]') as closes, coalesce(json_agg(symbol) filter (where company = symbol), '[]') as leads,
           coalesce(json_agg(json_build_array(symbol, raw_cap_usd, suspect_sessions)) filter (where suspect_sessions > 0), '[]') as suspects
    from (
      select symbol, market_cap_usd as cap, close, raw_cap_usd, suspect_sessions, company
      from pipeline.valuation
      where session = (select max(session) from pipeline.valuation where session < $1)
      order by symbol
    ) as past`,
});
