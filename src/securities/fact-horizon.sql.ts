import { boolean } from '../db/column.js';
import { statement } from '../db/statement.js';
import { HORIZON, MAY_HAVE_CHANGED } from './may-have-changed.js';

/** Whether rows of `symbols` were written, added or deleted since facts were last recorded; one row. One scan, 20 ms at 143,000 symbols. */
export const HAVE_SYMBOLS_CHANGED = statement({
  parameters: {},
  row: { changed: boolean },
  text: `
    select count(s.symbol) is distinct from max(horizon.symbols) or coalesce(bool_or(${MAY_HAVE_CHANGED}), false) as changed
    from ${HORIZON}
    left join public.symbols s on true`,
});

/** Marks every row of `symbols` visible to this transaction as recorded. */
export const WRITE_HORIZON = statement({
  parameters: {},
  row: {},
  text: `
    insert into pipeline.fact_horizon (seen_before, recorded_by, symbols)
    select pg_snapshot_xmin(pg_current_snapshot()), array[pg_current_xact_id()], count(*) from public.symbols
    on conflict (is_only) do update
    set seen_before = excluded.seen_before, recorded_by = excluded.recorded_by, symbols = excluded.symbols`,
});

/** Marks what this transaction writes to `symbols` as written by this product. */
export const MARK_OWN_WRITES = statement({
  parameters: {},
  row: {},
  text: `
    update pipeline.fact_horizon set recorded_by = recorded_by || pg_current_xact_id()`,
});
