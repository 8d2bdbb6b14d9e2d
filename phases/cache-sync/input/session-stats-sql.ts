import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { kyselyOn } from '../../../src/db/kysely-on.js';
import { COUNT_EARLIER } from './count-earlier.sql.js';
import { COUNT_UNLISTED } from './count-unlisted.sql.js';
import { READ_USUAL } from './read-usual.sql.js';
import { WRITE_STATS } from './write-stats.sql.js';
import {
  compareExchanges,
  NOT_COMPARED_EARLIER,
  totalOf,
  type BarMeasures,
  type ExchangeMeasure,
  type SessionMeasures,
  type UsualMeasures,
} from '../holds/session-measures.js';

/**
 * Adds the bars of symbols that are not or no longer listed: an exchange whose symbols a source reports as delisted altogether must not be
 * missing from the counts of both sessions.
 */
export async function countUnlisted(client: PoolClient, session: SessionDate, bars: BarMeasures): Promise<BarMeasures> {
  const rows = await COUNT_UNLISTED.rows(client, { session, previousSession: bars.previousSession });
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
  ...NOT_COMPARED_EARLIER,
  medianVolume: null,
};

/** Compares a session also with those before the previous one, which only a suspicious session needs. */
export async function countEarlier(client: PoolClient, session: SessionDate, bars: BarMeasures): Promise<BarMeasures> {
  const rows = await COUNT_EARLIER.rows(client, { session, previousSession: bars.previousSession });
  const counts = new Map(rows.map(({ exchange, ...counted }) => [exchange, counted]));
  return { ...bars, exchanges: bars.exchanges.map((row) => ({ ...row, ...counts.get(row.exchange) })) };
}

export interface UsualOptions {
  /** Number of sessions that define what is usual. */
  readonly sessions: number;
  readonly isEarlyClose: (session: SessionDate) => boolean;
}

/** Early closes among the sessions read for the usual volume: three a year, two of them a month apart. */
const EARLY_CLOSES = 5;

/** The usual values, without early closes and held sessions, and whether the newest earlier session with bars is held. */
export async function loadUsual(
  client: PoolClient,
  session: SessionDate,
  { sessions, isEarlyClose }: UsualOptions,
): Promise<UsualMeasures> {
  const found = await READ_USUAL.first(client, { session, sessions: sessions + EARLY_CLOSES });
  const { held = false, late = [], usual = [] } = found ?? {};
  const usualVolumes = new Map<string, number[]>();
  const trustedBars = new Map<string, number>();
  for (const [exchange, day, volume, bars] of usual) {
    if (day === usual[0]?.[1]) trustedBars.set(exchange, bars);
    if (isEarlyClose(day)) continue;
    const own = usualVolumes.get(exchange) ?? [];
    usualVolumes.set(exchange, own);
    if (own.length < sessions) own.push(volume);
  }
  return { wasPreviousHeld: held, lateBefore: new Set(late), usualVolumes, trustedBars };
}

/**
 * Stores the measures for later sessions and replaces those of an earlier attempt: one row per exchange, and one with an empty name for
 * all.
 *
 * Edges: bars of symbols without an exchange are in the row for all only.
 */
export async function writeStats(client: PoolClient, session: SessionDate, measures: SessionMeasures): Promise<void> {
  const { exchanges, late, medianVolume } = measures;
  const rows = [{ ...totalOf(exchanges), medianVolume }, ...exchanges.filter(({ exchange }) => exchange !== '')];
  const column = (pick: (row: ExchangeMeasure) => number): number[] => rows.map(pick);
  await kyselyOn(client).deleteFrom('pipeline.session_stats').where('session', '=', session).execute();
  await WRITE_STATS.write(client, {
    session,
    medianVolumes: rows.map((row) => row.medianVolume),
    exchanges: rows.map((row) => row.exchange),
    bars: column((row) => row.bars),
    compared: column((row) => row.compared),
    unchanged: column((row) => row.unchanged),
    withPreviousClose: column((row) => row.withPreviousClose),
    matching: column((row) => row.matching),
    withEarlierClose: column((row) => row.withEarlierClose),
    matchingEarlier: column((row) => row.matchingEarlier),
    late: rows.map((row) => late.has(row.exchange)),
  });
}
