import type { SessionDate } from '../../../src/core/session.js';
import { bigint, boolean, date, json } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

const IS_HELD = (session: string): string => `
  exists (select from pipeline.held_session h where h.session = ${session})`;

const PREVIOUS = '(select max(date) from public.ohlcv_daily where date < $1)';

/** The parts of the feed that were late in the previous session; none where a person approved it as it was. */
const LATE = `(
  select coalesce(json_agg(m.exchange), '[]') from pipeline.session_stats m
  where m.session = ${PREVIOUS} and m.is_late
    and not exists (select from pipeline.hold h
                    where h.session = m.session and h.universe_id is null and h.gate = 'previous-close' and h.state = 'approved'))`;

/**
 * The median volumes and numbers of bars of the last sessions that were not held, by exchange, newest first, whether the newest earlier session with bars is held, and
 * which parts of the feed were late in it; one row.
 *
 * Index: session_stats_pkey, ohlcv_daily_date_idx.
 */
export const READ_USUAL = statement({
  parameters: { session: date, sessions: bigint },
  row: {
    held: boolean,
    late: json<string[]>(),
    usual: json<[exchange: string, session: SessionDate, volume: number, bars: number][]>(),
  },
  text: `
    select ${IS_HELD(PREVIOUS)} as held, ${LATE} as late,
           coalesce(json_agg(json_build_array(usual.exchange, usual.session, usual.volume, usual.bars) order by usual.session desc, usual.exchange), '[]') as usual
    from (
      select m.exchange, m.session, m.median_volume::float8 as volume, m.bars
      from (
        select all_symbols.session from pipeline.session_stats all_symbols
        where all_symbols.exchange = '' and all_symbols.session < $1 and all_symbols.median_volume is not null
          and not ${IS_HELD('all_symbols.session')}
        order by all_symbols.session desc
        limit $2
      ) as last
      join pipeline.session_stats m on m.session = last.session and m.median_volume is not null
    ) as usual`,
});
