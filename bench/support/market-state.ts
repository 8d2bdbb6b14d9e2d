import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pg, { type PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { writeHorizon } from '../../src/securities/fact-horizon.js';

/** Number of newest sessions for which the copies of a symbol have bars. */
export const COPIED_SESSIONS = 5;

/** Runs `work` on one connection. */
export async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Loads the year of real bars up to and including `last` into an empty `ohlcv_daily`. */
export async function loadBars(client: pg.Client, file: string, last: string): Promise<void> {
  await client.query(
    'create temp table bar_line (date date, symbol text, close numeric, change numeric, volume bigint, market_cap numeric)',
  );
  const target = client.query(copyFrom('copy bar_line from stdin (format csv, header)'));
  await pipeline(createReadStream(file), createGunzip(), target);
  await client.query(
    `insert into ohlcv_daily (symbol, date, close, volume)
     select symbol, date, close, volume from bar_line where date <= $1 order by date, symbol`,
    [last],
  );
  await client.query('drop table bar_line');
}

/**
 * Copies every symbol until there are `times` of it, each copy with the original's facts, recorded facts and quotes, and its bars of the
 * newest sessions: as if the source had listed it like any other symbol.
 */
export async function multiplySymbols(client: pg.Client, times: number): Promise<void> {
  for (const table of ['symbols', 'pipeline.symbol_fact', 'pipeline.source_quote']) {
    const { rows } = await client.query<{ name: string }>(
      `select attname as name from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped and attname <> 'symbol' order by attnum`,
      [table],
    );
    const facts = rows.map((row) => row.name).join(', ');
    await client.query(`delete from ${table} where symbol like '%~%'`);
    await client.query(
      `insert into ${table} (symbol, ${facts})
       select symbol || '~' || copy, ${facts} from ${table} cross join generate_series(2, $1::int) as copy`,
      [times],
    );
  }
  await multiplyBars(client, times, '~');
  // As after an import: recorded, so that nothing is compared again.
  await writeHorizon(client as unknown as PoolClient);
}

/** Copies the bars of the newest sessions for the copies of every symbol, which are named by a mark that no symbol has and a number from 2. */
export async function multiplyBars(client: pg.Client, times: number, mark: string): Promise<void> {
  await client.query(
    `insert into ohlcv_daily (symbol, date, close, volume)
     select b.symbol || $3 || copy, b.date, b.close, b.volume
     from ohlcv_daily b cross join generate_series(2, $1::int) as copy
     where position($3 in b.symbol) = 0
       and b.date in (select distinct date from ohlcv_daily order by date desc limit $2)
     on conflict (symbol, date) do nothing`,
    [times, COPIED_SESSIONS, mark],
  );
}

/** Vacuums and analyses, so that autovacuum does not run during a measurement. */
export async function settle(client: pg.Client): Promise<void> {
  await client.query('vacuum (analyze)');
}

export async function countMarket(client: pg.Client): Promise<{ symbols: number; sessions: number }> {
  const { rows } = await client.query<{ symbols: number; sessions: number }>(
    `select (select count(*)::int from symbols where active) as symbols,
            (select count(distinct date)::int from ohlcv_daily) as sessions`,
  );
  return rows[0] ?? { symbols: 0, sessions: 0 };
}
