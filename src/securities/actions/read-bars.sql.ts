import type { SessionDate } from '../../core/session.js';
import { bigint, boolean, date, double, instant, orNull, text, textOf } from '../../db/column.js';
import { statement } from '../../db/statement.js';

/** Bars of a security; see `pipeline.bars`. Index: ohlcv_daily (symbol, date), corporate_action_known_key. */
export const READ_BARS = statement({
  parameters: { symbol: text, from: date, until: date, adjusted: text, knownAt: orNull(instant) },
  row: {
    session: textOf<SessionDate>(),
    ticker: text,
    open: orNull(double),
    high: orNull(double),
    low: orNull(double),
    close: orNull(double),
    volume: orNull(double),
    factor: double,
    exception: orNull(bigint),
    isHeld: boolean,
  },
  text: `
    select to_char(session, 'YYYY-MM-DD') as session, ticker, open::double precision as open, high::double precision as high,
           low::double precision as low, close::double precision as close, volume::double precision as volume,
           factor::double precision as factor, exception, is_held as "isHeld"
    from pipeline.bars($1, $2, $3, $4, coalesce($5::timestamptz, 'infinity'))`,
});
