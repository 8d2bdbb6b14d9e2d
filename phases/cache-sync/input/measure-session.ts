import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { LISTED, type Reference } from './listed-on.js';

/** Bars of one exchange in a session beside those of the session before. Counts of symbols. */
export interface ExchangeMeasure {
  /** Upper case; empty where `symbols` has none. */
  readonly exchange: string;
  readonly bars: number;
  /** In the session before; null when there is none. */
  readonly previousBars: number | null;
  /** Symbols with a bar in both sessions, and how many of those closed at the same price. */
  readonly compared: number;
  readonly unchanged: number;
  /** Symbols whose source gives a previous close and that have a bar in the session before; how many of the two agree. */
  readonly quoted: number;
  readonly agreeing: number;
  /** The same against the session before that one; 0 where the previous closes left nothing to ask. */
  readonly quotedEarlier: number;
  readonly agreeingEarlier: number;
}

/** What a session's bars look like; written to `pipeline.session_measure` so that later sessions know what is usual. */
export interface SessionMeasures {
  /** The newest earlier session with bars. */
  readonly previousSession: SessionDate | null;
  /** Whether the calendar's session before has no bars at all. */
  readonly isPreviousMissing: boolean;
  /** Whether the session before was held as a whole, and still is: neither approved nor lifted. */
  readonly wasPreviousHeld: boolean;
  readonly exchanges: readonly ExchangeMeasure[];
  /** Shares, the median over all listed symbols with a bar; null without any. */
  readonly medianVolume: number | null;
  /** The same of the sessions before, newest first, early closes and held sessions left out. */
  readonly usualVolumes: readonly number[];
}

export const NO_MEASURES: SessionMeasures = {
  previousSession: null,
  isPreviousMissing: true,
  wasPreviousHeld: false,
  exchanges: [],
  medianVolume: null,
  usualVolumes: [],
};

/** What the session's own bars show, and those of the session before. */
export interface BarMeasures extends Pick<SessionMeasures, 'previousSession' | 'exchanges' | 'medianVolume'> {
  /** Bars of both sessions whose symbols are not listed, and which are not counted above. */
  readonly unlistedBars: number;
}

/** What earlier sessions say about what is usual. */
export type UsualMeasures = Pick<SessionMeasures, 'wasPreviousHeld' | 'usualVolumes'>;

/** How a security's bar compares with the one before, in one number. */
const [HAS_PREVIOUS, HAS_TODAY, IS_UNCHANGED, IS_QUOTED, AGREES] = [1, 2, 4, 8, 16];

/** Closes agree within half a cent, or 0.05 % of the price: sources round what they adjust for dividends. */
const agree = (quoted: string, close: string): string =>
  `abs(${quoted} - ${close}) <= greatest(0.0051, 0.0005 * ${close})`;

/** SQL for the number that `measureBars` takes, of the closes of the session and the one before and of what the source says the latter was. */
export function compareBars(today: string, previous: string, quoted: string): string {
  return `case when ${previous} is null then 0 else ${HAS_PREVIOUS} end
          + case when ${today} is null then 0 else ${HAS_TODAY} end
          + case when ${today} = ${previous} then ${IS_UNCHANGED} else 0 end
          + case when ${today} is null or ${previous} is null or ${quoted} is null then 0
                 when ${quoted} = ${previous} or ${agree(quoted, previous)} then ${IS_QUOTED + AGREES} else ${IS_QUOTED} end`;
}

/**
 * Counts a session's bars by exchange.
 *
 * Shape: lists in step, one entry a security; `compared` as `compareBars` gives it. Exchanges ascending, those of now in both sessions: a symbol that
 *        moved counts as one that stayed.
 * Edges: previous closes are held against the session before alone (`countEarlier` does the rest). Volumes that are no number come last.
 */
export function measureBars({
  previousSession,
  exchanges,
  volumes,
  compared,
  barCount,
}: {
  readonly previousSession: SessionDate | null;
  readonly exchanges: readonly (string | null)[];
  readonly volumes: readonly unknown[];
  readonly compared: readonly number[];
  /** Bars of the two sessions, whoever's. */
  readonly barCount: number;
}): BarMeasures {
  const byName = new Map<string, Uint32Array>();
  // Names are made upper case once an exchange, not once a security.
  const byExchange = new Map<string | null, Uint32Array>();
  const startCounting = (exchange: string | null): Uint32Array => {
    const name = (exchange ?? '').toUpperCase();
    const counted = byName.get(name) ?? new Uint32Array(2 * AGREES);
    byName.set(name, counted);
    byExchange.set(exchange, counted);
    return counted;
  };
  const traded = new Float64Array(compared.length);
  let tradedCount = 0;
  for (let index = 0; index < compared.length; index += 1) {
    const code = compared[index] ?? 0;
    if (code === 0) continue;
    const exchange = exchanges[index] ?? null;
    const counted = byExchange.get(exchange) ?? startCounting(exchange);
    counted[code] = (counted[code] ?? 0) + 1;
    const volume = volumes[index] ?? null;
    if ((code & HAS_TODAY) !== 0 && volume !== null) traded[tradedCount++] = Number(volume);
  }
  const ascending = traded.subarray(0, tradedCount).sort();
  const measures = Array.from(byName, ([exchange, counted]) => toMeasure(exchange, counted, previousSession !== null));
  return {
    previousSession,
    exchanges: measures.sort(compareExchanges),
    medianVolume: ascending[(tradedCount - 1) >> 1] ?? null,
    unlistedBars: measures.reduce((rest, { bars, previousBars }) => rest - bars - (previousBars ?? 0), barCount),
  };
}

function compareExchanges(left: ExchangeMeasure, right: ExchangeMeasure): number {
  return left.exchange < right.exchange ? -1 : 1;
}

/**
 * Adds the bars of symbols that are not listed, or not any more: an exchange that a source takes for delisted as a whole must not be missing from
 * the counts of both sessions.
 */
export async function countUnlisted(
  client: PoolClient,
  session: SessionDate,
  reference: Reference,
  bars: BarMeasures,
): Promise<BarMeasures> {
  const { rows } = await client.query<{ exchange: string; bars: number; previousBars: number }>(
    toUnlistedQuery(LISTED[reference]),
    [session, bars.previousSession],
  );
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

const NOTHING_COUNTED = { compared: 0, unchanged: 0, quoted: 0, agreeing: 0, quotedEarlier: 0, agreeingEarlier: 0 };

const toUnlistedQuery = (listed: string): string => `
  select upper(coalesce(s.primary_exchange, s.exchange, '')) as exchange,
         (count(*) filter (where b.date = $1))::int as bars, (count(*) filter (where b.date = $2))::int as "previousBars"
  from ohlcv_daily b
  left join symbols s on s.symbol = b.symbol
  where b.date in ($1, $2) and b.close is not null
    and not exists (select from (${listed}) as listed where listed.symbol = b.symbol)
  group by 1`;

function toMeasure(exchange: string, counted: Uint32Array, hasPrevious: boolean): ExchangeMeasure {
  const count = (bits: number): number =>
    counted.reduce((sum, times, code) => ((code & bits) === bits ? sum + times : sum), 0);
  return {
    exchange,
    bars: count(HAS_TODAY),
    previousBars: hasPrevious ? count(HAS_PREVIOUS) : null,
    compared: count(HAS_TODAY | HAS_PREVIOUS),
    unchanged: count(IS_UNCHANGED),
    quoted: count(IS_QUOTED),
    agreeing: count(AGREES),
    quotedEarlier: 0,
    agreeingEarlier: 0,
  };
}

/**
 * Holds the previous closes of a session against the session before the one before as well, which only a session that looks wrong needs.
 *
 * Full joins throughout, without a condition after them that would make them narrower: the server can only hash or merge them. Of a session that has just come its statistics know nothing: it expected one row,
 * and left joins went through all of one session for each symbol of another, 6 s at 7,000 symbols against 20 ms.
 */
export async function countEarlier(
  client: PoolClient,
  session: SessionDate,
  reference: Reference,
  bars: BarMeasures,
): Promise<BarMeasures> {
  const { rows } = await client.query<EarlierCounts>(toEarlierQuery(LISTED[reference]), [
    session,
    bars.previousSession,
  ]);
  const counts = new Map(rows.map(({ exchange, ...counted }) => [exchange, counted]));
  return { ...bars, exchanges: bars.exchanges.map((row) => ({ ...row, ...counts.get(row.exchange) })) };
}

type EarlierCounts = Pick<ExchangeMeasure, 'exchange' | 'quotedEarlier' | 'agreeingEarlier'>;

const toEarlierQuery = (facts: string): string => `
  with today as (
    select symbol, close from ohlcv_daily where date = $1
  ), earlier as (
    select symbol, close from ohlcv_daily where date = (select max(date) from ohlcv_daily where date < $2)
  ), quote as (
    select symbol, previous_close as close from pipeline.source_quote where session = $1
  ), listed as (
    select symbol, exchange from (${facts}) as fact
  ), counted as (
    select coalesce(listed.exchange, '') as exchange,
           count(*) filter (where today.close is not null and earlier.close is not null and quote.close is not null) as quoted,
           count(*) filter (where today.close is not null and ${agree('quote.close', 'earlier.close')}) as agreeing
    from today
    full join earlier using (symbol)
    full join quote using (symbol)
    full join listed using (symbol)
    group by 1
  )
  select upper(exchange) as exchange, sum(quoted)::int as "quotedEarlier", sum(agreeing)::int as "agreeingEarlier"
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
    from pipeline.session_measure m
    where m.exchange = '' and m.session < $1 and m.median_volume is not null and not ${IS_HELD('m.session')}
    order by m.session desc
    limit $2
  ) as usual`;

/**
 * Keeps the figures for the sessions to come, in place of those of an earlier attempt: a row an exchange, and one with an empty name for all.
 *
 * Edges: bars of symbols without an exchange are in the row for all only.
 */
export async function writeMeasures(
  client: PoolClient,
  session: SessionDate,
  measures: SessionMeasures,
): Promise<void> {
  const { exchanges, medianVolume } = measures;
  const rows = [totalOf(exchanges), ...exchanges.filter(({ exchange }) => exchange !== '')];
  const column = (pick: (row: ExchangeMeasure) => number): number[] => rows.map(pick);
  await client.query('delete from pipeline.session_measure where session = $1', [session]);
  await client.query(
    `insert into pipeline.session_measure (session, exchange, bars, compared, unchanged, quoted, agreeing,
                                           quoted_earlier, agreeing_earlier, median_volume)
     select $1, m.exchange, bars, compared, unchanged, quoted, agreeing, quoted_earlier, agreeing_earlier,
            case when m.exchange = '' then $2::numeric end
     from unnest($3::text[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[])
       as m (exchange, bars, compared, unchanged, quoted, agreeing, quoted_earlier, agreeing_earlier)`,
    [
      session,
      medianVolume,
      rows.map((row) => row.exchange),
      column((row) => row.bars),
      column((row) => row.compared),
      column((row) => row.unchanged),
      column((row) => row.quoted),
      column((row) => row.agreeing),
      column((row) => row.quotedEarlier),
      column((row) => row.agreeingEarlier),
    ],
  );
}

/** All exchanges together. */
export function totalOf(exchanges: readonly ExchangeMeasure[]): ExchangeMeasure {
  const sum = (pick: (row: ExchangeMeasure) => number): number =>
    exchanges.reduce((total, row) => total + pick(row), 0);
  const hasPrevious = exchanges.some((row) => row.previousBars !== null);
  return {
    exchange: '',
    bars: sum((row) => row.bars),
    previousBars: hasPrevious ? sum((row) => row.previousBars ?? 0) : null,
    compared: sum((row) => row.compared),
    unchanged: sum((row) => row.unchanged),
    quoted: sum((row) => row.quoted),
    agreeing: sum((row) => row.agreeing),
    quotedEarlier: sum((row) => row.quotedEarlier),
    agreeingEarlier: sum((row) => row.agreeingEarlier),
  };
}
