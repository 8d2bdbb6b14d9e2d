import { date, instant, integer, orNull, text, withDefault, type TableDeclarations } from '../column.js';

/** Securities and their tickers over time. */
export const SECURITY_TABLES = {
  'pipeline.security': {
    id: withDefault(integer),
    first_ticker: text,
    first_session: date,
    recorded_at: instant,
  },
  'pipeline.security_ticker': {
    security_id: integer,
    ticker: text,
    valid_from: date,
    valid_to: orNull(date),
    known_from: instant,
    known_to: orNull(instant),
  },
} as const satisfies TableDeclarations;
