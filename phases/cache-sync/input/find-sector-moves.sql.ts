import { date, integer, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import { FIGURES_SESSION } from './figures-session.js';

/**
 * Common stocks whose recorded sector is another one than in the previous published session, by both. Only facts recorded since then are compared.
 *
 * Index: symbol_fact_from_idx, symbol_fact_pkey.
 */
export const FIND_SECTOR_MOVES = statement({
  parameters: { session: date },
  row: { from: text, to: text, stocks: integer },
  text: `
    with published as materialized (
      select ${FIGURES_SESSION} as session
    )
    select past.sector as "from", present.sector as "to", count(*)::int as stocks
    from published
    join pipeline.symbol_fact present
      on present.valid_from > published.session and present.valid_from <= $1 and (present.valid_to is null or present.valid_to > $1)
    join pipeline.symbol_fact past
      on past.symbol = present.symbol and past.valid_from <= published.session
     and (past.valid_to is null or past.valid_to > published.session)
    where present.type = 'CS' and past.type = 'CS' and present.sector <> past.sector
    group by 1, 2
    order by 1, 2`,
});
