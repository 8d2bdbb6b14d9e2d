import type { SessionDate } from '../../../src/core/session.js';
import type { Database } from '../../../src/db/database.js';
import { writeSecurities } from '../../../src/securities/identity/write-securities.js';

/** A ticker that was changed to another one, or (`to` null) taken by another company. */
export interface TickerChange {
  readonly symbol: string;
  readonly session: SessionDate;
  readonly to: string | null;
}

const RUN = '00000000-0000-0000-0000-000000000001';
const FIRST = '2026-06-22' as SessionDate;

/** Records symbols with a bar on each of the sessions. */
export async function addBars(
  { pool }: Database,
  bars: Readonly<Record<string, readonly SessionDate[]>>,
): Promise<void> {
  for (const [symbol, sessions] of Object.entries(bars)) {
    await pool.query('insert into symbols (symbol, active) values ($1, true) on conflict do nothing', [symbol]);
    await pool.query('insert into pipeline.symbol_fact (symbol, valid_from, active) values ($1, $2, true)', [
      symbol,
      sessions[0] ?? FIRST,
    ]);
    await pool.query('insert into ohlcv_daily (symbol, date, close) select $1, unnest($2::date[]), 10', [
      symbol,
      sessions,
    ]);
  }
}

/** Learns of the changes at once, as a publish does. */
export async function learn(database: Database, changes: readonly TickerChange[], at: Date): Promise<void> {
  await database.transaction(async ({ client }) => {
    for (const { symbol, session, to } of changes) {
      await client.query(
        `insert into pipeline.symbol_event (run_id, session, symbol, event, reason, detail, known_at)
         values ($1, $2, $3, $4, 'TICKER_CHANGED', $5, $6)`,
        [RUN, session, symbol, to === null ? 'reused' : 'renamed', JSON.stringify(to === null ? {} : { to }), at],
      );
    }
    await writeSecurities(client, { from: FIRST, at, isResync: true });
  });
}

/** Supersedes every event, as a replay that finds none of them again does. */
export async function forgetAll(database: Database, at: Date): Promise<void> {
  await database.transaction(async ({ client }) => {
    await client.query('update pipeline.symbol_event set superseded_at = $1 where superseded_at is null', [at]);
    await writeSecurities(client, { from: FIRST, at, isResync: true });
  });
}

/** What is known: `first ticker@session: ticker from..to`, by security. */
export async function readSecurities({ pool }: Database): Promise<string[]> {
  const { rows } = await pool.query<{ text: string }>(
    `select s.first_ticker || '@' || s.first_session || ': ' ||
            string_agg(t.ticker || ' ' || t.valid_from || '..' || coalesce(t.valid_to::text, ''), ', ' order by t.valid_from) as text
     from pipeline.security s join pipeline.security_ticker t on t.security_id = s.id and t.known_to is null
     group by s.id
     order by 1`,
  );
  return rows.map(({ text }) => text.replaceAll('-infinity', '-'));
}
