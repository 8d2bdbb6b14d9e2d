import type { PoolClient } from 'pg';
import type { Config } from '../../../src/config/schema/index.js';

/** Symbols of the curated lists that the database has never seen: most likely typing errors. */
export async function findUnknownThemeSymbols(client: PoolClient, config: Config): Promise<string[]> {
  const { rows } = await client.query<{ symbol: string }>(
    `select distinct listed.symbol from unnest($1::text[]) as listed (symbol)
     where not exists (select from symbols s where s.symbol = listed.symbol)
     order by 1`,
    [config.themes.flatMap((theme) => [...theme.symbols, ...theme.pins])],
  );
  return rows.map((row) => row.symbol);
}
