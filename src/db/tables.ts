import type { KyselyColumn } from './column.js';
import { ACTION_TABLES } from './tables/action-tables.js';
import { HOST_TABLES } from './tables/host-tables.js';
import { MARKET_TABLES } from './tables/market-tables.js';
import { RUN_TABLES } from './tables/run-tables.js';
import { SECURITY_TABLES } from './tables/security-tables.js';
import { UNIVERSE_TABLES } from './tables/universe-tables.js';

/**
 * Every table of `pipeline`, and the host tables used by typed queries. `bigint` and `numeric` arrive as text (a JavaScript number would
 * silently lose digits); `toNumber` below is the only conversion.
 *
 * Enforcement: `test/db/tables.test.ts` compares them with a migrated database.
 */
export const TABLES = {
  ...RUN_TABLES,
  ...UNIVERSE_TABLES,
  ...MARKET_TABLES,
  ...SECURITY_TABLES,
  ...ACTION_TABLES,
  ...HOST_TABLES,
} as const;

type KyselyTable<Declared> = { -readonly [Name in keyof Declared]: KyselyColumn<Declared[Name]> };

/** The tables as Kysely types. */
export type Tables = { [Name in keyof typeof TABLES]: KyselyTable<(typeof TABLES)[Name]> };

/** `bigint` and `numeric` text as a number. Exact up to 2^53, which is 9 quadrillion dollars or shares. */
export function toNumber(text: string): number {
  return Number(text);
}
