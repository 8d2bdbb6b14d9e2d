import type { SessionDate } from '../../../src/core/session.js';
import { arrayOf, jsonb, orNull, text, textOf } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import type { RunMode } from '../../../src/core/run-mode.js';

/**
 * The last completed cache sync of each mode: of its newest session, and of several attempts the last. The newest of all comes first.
 *
 * Strategy: `lateral … limit 1`: the newest of a mode is found without reading its history.
 * Index:    phase_run_done_idx.
 */
export const READ_LAST_SYNCS = statement({
  parameters: { modes: arrayOf(text) },
  row: {
    session: textOf<SessionDate>(),
    mode: textOf<RunMode>(),
    inputHash: orNull(text),
    counters: jsonb<Readonly<Record<string, number>>>(),
    leftOut: jsonb<readonly string[]>(),
    unknownThemeSymbols: jsonb<readonly string[]>(),
  },
  text: `
    select to_char(last.session, 'YYYY-MM-DD') as session, wanted.mode, last.hashes ->> 'input' as "inputHash", last.counters,
           coalesce(last.report #> '{details,leftOut}', '[]') as "leftOut",
           coalesce(last.report #> '{details,unknownThemeSymbols}', '[]') as "unknownThemeSymbols"
    from unnest($1::text[]) as wanted (mode)
    cross join lateral (
      select p.session, p.hashes, p.counters, p.report, r.fence
      from pipeline.phase_run p
      join pipeline.run r on r.id = p.run_id
      where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds') and r.mode = wanted.mode
      order by p.session desc, r.fence desc
      limit 1
    ) last
    order by last.session desc, last.fence desc`,
});
