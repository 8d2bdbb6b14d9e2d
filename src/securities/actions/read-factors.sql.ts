import type { SessionDate } from '../../core/session.js';
import { bigint, date, double, orNull, text, textOf } from '../../db/column.js';
import { statement } from '../../db/statement.js';

/**
 * What changed the price of a share between two sessions, without the first: factors of splits, and unexplained moves (a null
 * factor), by the ticker of that session; sessions ascending.
 *
 * Index: corporate_action_known_key, exception_open_idx.
 */
export const READ_FACTORS = statement({
  parameters: { after: date, until: date },
  row: { symbol: text, session: textOf<SessionDate>(), factor: orNull(double), exception: orNull(bigint) },
  text: `
    select symbol, to_char(session, 'YYYY-MM-DD') as session, factor, exception
    from (
      select f.symbol, f.session, f.factor::double precision as factor, null::bigint as exception
      from pipeline.share_factors() f
      where f.kind <> 'none'
      union all
      select e.symbol, e.session, null, e.id
      from pipeline.exception e
      where e.kind = 'PRICE_MOVE' and e.state = 'open'
    ) as changes
    where changes.session > $1 and changes.session <= $2
    order by changes.session, changes.symbol`,
});
