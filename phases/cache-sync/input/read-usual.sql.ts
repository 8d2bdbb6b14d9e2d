import type { SessionDate } from '../../../src/core/session.js';
import { bigint, boolean, date, json } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

const IS_HELD = (session: string): string => `
  exists (select from pipeline.hold h
          where h.session = ${session} and h.universe_id is null and h.state <> 'approved' and h.lifted_at is null)`;

/**
 * The median volumes of the last sessions that were not held, newest first, and whether the newest earlier session with bars is held; one
 * row.
 *
 * Index: session_stats_pkey, ohlcv_daily_date_idx.
 */
export const READ_USUAL = statement({
  parameters: { session: date, sessions: bigint },
  row: { held: boolean, usual: json<[session: SessionDate, volume: number][]>() },
  text: `
    select ${IS_HELD('(select max(date) from ohlcv_daily where date < $1)')} as held,
           coalesce(json_agg(json_build_array(usual.session, usual.volume) order by usual.session desc), '[]') as usual
    from (
      select m.session, m.median_volume::float8 as volume
      from pipeline.session_stats m
      where m.exchange = '' and m.session < $1 and m.median_volume is not null and not ${IS_HELD('m.session')}
      order by m.session desc
      limit $2
    ) as usual`,
});
