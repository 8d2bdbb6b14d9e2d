import type { PoolClient } from 'pg';
import type { TradingCalendar } from '../../core/calendar.js';
import type { SessionDate } from '../../core/session.js';
import { LIST_HELD } from './list-held.sql.js';

/** The days whose closes count. */
export interface TrustedDays {
  readonly oldest: SessionDate;
  readonly newest: SessionDate;
  /** How many there are at most. */
  readonly sessions: number;
  /** Those between them that are held, ascending. */
  readonly held: readonly SessionDate[];
  /** Whether a bar of the day is a price: not one of a day the exchange was closed, nor of a held session. */
  isTrusted(date: SessionDate): boolean;
}

/** The last `sessions` sessions up to one, without those that are held as a whole. */
export async function readTrustedDays(
  client: PoolClient,
  calendar: TradingCalendar,
  newest: SessionDate,
  sessions: number,
): Promise<TrustedDays> {
  const oldest = calendar.previous(newest, sessions - 1);
  const held = (await LIST_HELD.first(client, { oldest, newest }))?.sessions ?? [];
  return {
    oldest,
    newest,
    sessions,
    held,
    isTrusted: (date) => calendar.isSession(date) && !held.includes(date),
  };
}
