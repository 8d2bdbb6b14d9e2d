import type { SessionDate } from '../../src/core/session.js';
import type { DayRow, Exchange, MarketDay } from './invented-market.js';

/** What a feed delivers for a session in place of the day that was. */
export type Fault = (day: (session: SessionDate) => MarketDay, session: SessionDate) => MarketDay;

/** Prices half way between the two closes, and little more than half the volume. */
export const takenBeforeTheClose: Fault = (day, session) =>
  day(session).map((row) => ({
    ...row,
    close: row.previousClose === null ? row.close : Math.round(50 * (row.close + row.previousClose)) / 100,
    volume: Math.round(0.56 * row.volume),
  }));

/** The rows of another session, all of them. */
export const rowsOf =
  (other: SessionDate): Fault =>
  (day) =>
    day(other);

/** One exchange has the rows of another session, the others are right. */
export const exchangeOf =
  (exchange: Exchange, other: SessionDate): Fault =>
  (day, session) => [
    ...day(session).filter((row) => row.exchange !== exchange),
    ...day(other).filter((row) => row.exchange === exchange),
  ];

/** Each file ends half way. */
export const halfFiles: Fault = (day, session) => {
  const seen: Partial<Record<Exchange, number>> = {};
  const rows = day(session);
  const sizeOf = (exchange: Exchange): number => rows.filter((row) => row.exchange === exchange).length;
  return rows.filter(({ exchange }) => (seen[exchange] = (seen[exchange] ?? 0) + 1) <= sizeOf(exchange) / 2);
};

/** The rows for which something holds are not there. */
export const without =
  (isMissing: (row: DayRow, index: number) => boolean): Fault =>
  (day, session) =>
    day(session).filter((row, index) => !isMissing(row, index));

/** Some rows have other values than they should. */
export const changed =
  (change: (row: DayRow, index: number) => Partial<DayRow>): Fault =>
  (day, session) =>
    day(session).map((row, index) => ({ ...row, ...change(row, index) }));
