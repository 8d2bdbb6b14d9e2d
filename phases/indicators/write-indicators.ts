import type { PoolClient } from 'pg';
import type { SessionDate } from '../../src/core/session.js';
import { copyIn, type CopyValue } from '../../src/db/copy.js';
import { readTableColumns } from '../../src/db/table-columns.js';
import { CREATE_INDICATOR_STAGE, MERGE_EXPIRING_INDICATORS, MERGE_INDICATORS } from './merge-indicators.sql.js';

/** One value for `daily_indicators`. */
export interface Indicator {
  readonly symbol: string;
  readonly type: string;
  /** Null: withheld. */
  readonly value: number | null;
  /** Why it is withheld; null otherwise. */
  readonly reason: string | null;
  readonly session: SessionDate;
  readonly bars: number;
  readonly priceSession: SessionDate | null;
}

/** Creates the staging table of the transaction. */
export async function createStage(client: PoolClient): Promise<void> {
  await CREATE_INDICATOR_STAGE.write(client, {});
}

/** @returns the number of rows staged */
export async function stageIndicators(client: PoolClient, indicators: Iterable<Indicator>): Promise<number> {
  return copyIn(client, 'indicator_stage (symbol, indicator_type, value_data, metadata)', mapRows(indicators));
}

/**
 * Updates `daily_indicators` to the staged values.
 *
 * @param times ISO, UTC: the calculation time of the rows written, and when they expire, for a table with an `expiration_date`
 * @returns the number of rows updated or inserted
 */
export async function mergeIndicators(
  client: PoolClient,
  types: readonly string[],
  { at, expiresAt }: { readonly at: string; readonly expiresAt: string },
): Promise<number> {
  const columns = await readTableColumns(client, 'public.daily_indicators');
  const expires = columns.some(({ name, type }) => name === 'expiration_date' && type.startsWith('timestamp'));
  return expires
    ? MERGE_EXPIRING_INDICATORS.write(client, { types, at, expiresAt })
    : MERGE_INDICATORS.write(client, { types, at });
}

function* mapRows(indicators: Iterable<Indicator>): Generator<CopyValue[]> {
  for (const { symbol, type, value, reason, session, bars, priceSession } of indicators) {
    const metadata = JSON.stringify({ session, bars, price_session: priceSession, ...(reason !== null && { reason }) });
    // The consumer reads the value under the name of the indicator, and formats it.
    const named = value === null ? { value } : { value, [type]: value };
    yield [symbol, type, JSON.stringify(named), metadata];
  }
}
