import { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { Database } from '../../../src/db/database.js';

export const calendar = new TradingCalendar();

/** Adds an active symbol with a close for each of the sessions up to `last`; text for `NaN` and `Infinity`, null for no value. */
export async function addSymbol(
  database: Database,
  symbol: string,
  closes: readonly (number | string | null)[],
  last: SessionDate,
  columns: { readonly active?: boolean; readonly delistedDate?: string } = {},
): Promise<void> {
  await database.pool.query(`insert into symbols (symbol, type, active, delisted_date) values ($1, 'CS', $2, $3)`, [
    symbol,
    columns.active ?? true,
    columns.delistedDate ?? null,
  ]);
  await database.pool.query(
    `insert into ohlcv_daily (symbol, date, close, volume)
     select $1, date, close, 100 from unnest($2::date[], $3::numeric[]) as bar (date, close)`,
    [symbol, sessionsUpTo(last, closes.length), closes],
  );
}

/** That many sessions, the last one included. */
export function sessionsUpTo(last: SessionDate, count: number): SessionDate[] {
  return count < 2 ? [last].slice(0, count) : calendar.between(calendar.previous(last, count - 1), last);
}
