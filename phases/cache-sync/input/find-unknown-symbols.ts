import type { PoolClient } from 'pg';
import type { Config } from '../../../src/config/schema/index.js';
import { listNotations } from '../../../src/core/ticker-notation.js';
import { FIND_UNKNOWN_SYMBOLS } from './find-unknown-symbols.sql.js';

/** Symbols of the curated lists that have never been in the database: most likely typing errors. */
export async function findUnknownThemeSymbols(client: PoolClient, config: Config): Promise<string[]> {
  const listed = [...new Set(config.themes.flatMap((theme) => [...theme.symbols, ...theme.pins]))];
  const rows = await FIND_UNKNOWN_SYMBOLS.rows(client, { symbols: listed.flatMap(listNotations) });
  const unknown = new Set(rows.map((row) => row.symbol));
  return listed.filter((symbol) => listNotations(symbol).every((each) => unknown.has(each))).sort();
}
