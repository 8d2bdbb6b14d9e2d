import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { LISTED } from './listed-on.js';
import { agree } from './session-stats.js';
import {
  compareExchanges,
  totalOf,
  type BarMeasures,
  type ExchangeMeasure,
  type SessionMeasures,
  type UsualMeasures,
} from '../holds/session-measures.js';

/**
 * Adds the bars of symbols that are not listed, or not any more: an exchange that a source takes for delisted as a whole must not be missing from
 * the counts of both sessions.
 */
export async function countUnlisted(client: PoolClient, session: SessionDate, bars: BarMeasures): Promise<BarMeasures> {
  const { rows } = await client.query<{ exchange: string; bars: number; previousBars: number }>(UNLISTED, [
    session,
    bars.previousSession,
  ]);
  const unlisted = new Map(rows.map((row) => [row.exchange, row]));
  const counted = bars.exchanges.map((row): ExchangeMeasure => {
    const more = unlisted.get(row.exchange);
    unlisted.delete(row.exchange);
    if (more === undefined) return row;
    const previousBars = row.previousBars === null ? null : row.previousBars + more.previousBars;
    return { ...row, bars: row.bars + more.bars, previousBars };
  });
  const others = Array.from(unlisted.values(), ({ exchange, ...more }): ExchangeMeasure => {
    const previousBars = bars.previousSession === null ? null : more.previousBars;
    return { ...NOTHING_COUNTED, exchange, bars: more.bars, previousBars };
  });
  return { ...bars, exchanges: [...counted, ...others].sort(compareExchanges) };
}

const NOTHING_COUNTED = {
  compared: 0,
  unchanged: 0,
  withPreviousClose: 0,
  matching: 0,
  withEarlierClose: 0,
  matchingEarlier: 0,
};

const UNLISTED = `
  select upper(coalesce(f.exchange, '')) as exchange,
         (count(*) filter (where b.date = $1))::int as bars, (count(*) filter (where b.date = $2))::int as "previousBars"
  from ohlcv_daily b
  left join pipeline.symbol_fact f
    on f.symbol = b.symbol and f.valid_from <= $1 and (f.valid_to is null or f.valid_to > $1)
  where b.date in ($1, $2) and b.close is not null
    and not exists (select from (${LISTED}) as listed where listed.symbol = b.symbol)
  group by 1`;

/**
 * Holds the previous closes of a session against the session before the one before as well, which only a session that looks wrong needs.
 *
 * Full joins throughout, without a condition after them that would make them narrower: the server can only hash or merge them. Of a session that has just come its statistics know nothing: it expected one row,
 * and left joins went through all of one session for each symbol of another, 6 s at 7,000 symbols against 20 ms.
 */
export async function countEarlier(client: PoolClient, session: SessionDate, bars: BarMeasures): Promise<BarMeasures> {
  const { rows } = await client.query<EarlierCounts>(EARLIER, [session, bars.previousSession]);
  const counts = new Map(rows.map(({ exchange, ...counted }) => [exchange, counted]));
  return { ...bars, exchanges: bars.exchanges.map((row) => ({ ...row, ...counts.get(row.exchange) })) };
}

type EarlierCounts = Pick<ExchangeMeasure, 'exchange' | 'withEarlierClose' | 'matchingEarlier'>;

const EARLIER = `
  with today as (
    select symbol, close from ohlcv_daily where date = $1
  ), earlier as (
    select symbol, close from ohlcv_daily where date = (select max(date) from ohlcv_daily where date < $2)
  ), quote as (
    select symbol, previous_close as close from pipeline.source_quote where session = $1
  ), listed as (
    select symbol, exchange from (${LISTED}) as fact
  ), counted as (
    select coalesce(listed.exchange, '') as exchange,
           count(*) filter (where today.close is not null and earlier.close is not null and quote.close is not null) as quoted,
           count(*) filter (where today.close is not null and ${agree('quote.close', 'earlier.close')}) as matching
    from today
    full join earlier using (symbol)
    full join quote using (symbol)
    full join listed using (symbol)
    group by 1
  )
  select upper(exchange) as exchange, sum(quoted)::int as "withEarlierClose", sum(matching)::int as "matchingEarlier"
  from counted
  group by 1`;

export interface UsualOptions {
  /** How many sessions say what is usual. */
  readonly sessions: number;
  readonly isEarlyClose: (session: SessionDate) => boolean;
}

/** Early closes among the sessions read for the usual volume: three a year, two of them a month apart. */
const EARLY_CLOSES = 5;

/** What is usual, early closes and held sessions left out, and whether the newest earlier session with bars is held. */
export async function loadUsual(
  client: PoolClient,
  session: SessionDate,
  { sessions, isEarlyClose }: UsualOptions,
): Promise<UsualMeasures> {
  const { rows } = await client.query<{ held: boolean; usual: [session: SessionDate, volume: number][] }>(USUAL, [
    session,
    sessions + EARLY_CLOSES,
  ]);
  const { held = false, usual = [] } = rows[0] ?? {};
  const volumes = usual.filter(([day]) => !isEarlyClose(day)).map(([, volume]) => volume);
  return { wasPreviousHeld: held, usualVolumes: volumes.slice(0, sessions) };
}

const IS_HELD = (session: string): string => `
  exists (select from pipeline.hold h
          where h.session = ${session} and h.universe_id is null and h.state <> 'approved' and h.lifted_at is null)`;

const USUAL = `
  select ${IS_HELD('(select max(date) from ohlcv_daily where date < $1)')} as held,
         coalesce(json_agg(json_build_array(usual.session, usual.volume) order by usual.session desc), '[]') as usual
  from (
    select m.session, m.median_volume::float8 as volume
    from pipeline.session_stats m
    where m.exchange = '' and m.session < $1 and m.median_volume is not null and not ${IS_HELD('m.session')}
    order by m.session desc
    limit $2
  ) as usual`;

/**
 * Keeps the figures for the sessions to come, in place of those of an earlier attempt: a row an exchange, and one with an empty name for all.
 *
 * Edges: bars of symbols without an exchange are in the row for all only.
 */
export async function writeStats(client: PoolClient, session: SessionDate, measures: SessionMeasures): Promise<void> {
  const { exchanges, medianVolume } = measures;
  const rows = [totalOf(exchanges), ...exchanges.filter(({ exchange }) => exchange !== '')];
  const column = (pick: (row: ExchangeMeasure) => number): number[] => rows.map(pick);
  await client.query('delete from pipeline.session_stats where session = $1', [session]);
  await client.query(
    `insert into pipeline.session_stats (session, exchange, bars, compared, unchanged, with_previous_close, matching,
                                         with_earlier_close, matching_earlier, median_volume)
     select $1, m.exchange, bars, compared, unchanged, with_previous_close, matching, with_earlier_close, matching_earlier,
            case when m.exchange = '' then $2::numeric end
     from unnest($3::text[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[])
       as m (exchange, bars, compared, unchanged, with_previous_close, matching, with_earlier_close, matching_earlier)`,
    [
      session,
      medianVolume,
      rows.map((row) => row.exchange),
      column((row) => row.bars),
      column((row) => row.compared),
      column((row) => row.unchanged),
      column((row) => row.withPreviousClose),
      column((row) => row.matching),
      column((row) => row.withEarlierClose),
      column((row) => row.matchingEarlier),
    ],
  );
}
