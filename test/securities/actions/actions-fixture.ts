import { scanPrices } from '../../../src/securities/actions/scan-prices.js';
import { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

export const calendar = new TradingCalendar();

/** A close with what the source quotes as the close before. */
export type QuotedClose = readonly [close: number, quoted: number | null];

/** A database without bars before each test, and what fills and scans it. */
export function useBars() {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  /** Writes the bars of a session, at the same dollar volume every day, and scans it, as an import does. */
  const bring = async (session: SessionDate, closes: Readonly<Record<string, QuotedClose>>) => {
    const rows = Object.entries(closes).map(([symbol, [close, quoted]]) => ({ symbol, close, quoted }));
    await test.database.pool.query(
      `with given as (select * from jsonb_to_recordset($1) as bar (symbol text, close numeric, quoted numeric)),
       known as (insert into symbols (symbol, type, active) select symbol, 'CS', true from given on conflict do nothing),
       priced as (insert into ohlcv_daily (symbol, date, close, volume) select symbol, $2, close, round(1000000 / close) from given
                  on conflict (symbol, date) do update set close = excluded.close, volume = excluded.volume)
       insert into pipeline.source_quote (session, symbol, previous_close) select $2, symbol, quoted from given
       on conflict (session, symbol) do update set previous_close = excluded.previous_close`,
      [JSON.stringify(rows), session],
    );
    return test.database.transaction(({ client }) =>
      scanPrices(client, session, { reuseAfterSessions: 60, calendar, at: new Date() }),
    );
  };

  /** `AAA 2026-06-23 split 10:1 derived`, those that are known. */
  const readKnown = async (): Promise<string[]> => {
    const { rows } = await test.database.pool.query<{ line: string }>(
      `select concat_ws(' ', symbol, session, kind, trim_scale(new_shares) || ':' || trim_scale(old_shares), trim_scale(amount_usd), source) as line
       from pipeline.corporate_action where known_to is null order by 1`,
    );
    return rows.map(({ line }) => line);
  };

  /** `BBB 2026-06-23 UNADJUSTED open`, without superseded ones. */
  const readDoubts = async (): Promise<string[]> => {
    const { rows } = await test.database.pool.query<{ line: string }>(
      `select concat_ws(' ', symbol, session, reason, state) as line from pipeline.exception where state <> 'superseded' order by 1`,
    );
    return rows.map(({ line }) => line);
  };

  return { test: () => test, database: () => test.database, bring, readKnown, readDoubts };
}
