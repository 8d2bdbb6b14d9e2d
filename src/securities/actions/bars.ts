import { unknownSymbol } from '../unknown-symbol.js';
import type { SessionDate } from '../../core/session.js';
import type { Database } from '../../db/database.js';
import { READ_BARS } from './read-bars.sql.js';

/** `none`: as traded. `split`: splits, stock dividends and changes of unit. `total`: cash dividends and distributions too. */
export const ADJUSTMENTS = ['none', 'split', 'total'] as const;

export type Adjustment = (typeof ADJUSTMENTS)[number];

/** A bar in USD and shares, adjusted to the newest shares of the security. */
export interface Bar {
  readonly session: SessionDate;
  /** In that session. */
  readonly ticker: string;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
  readonly volume: number | null;
  /** By what the traded prices were multiplied. */
  readonly factor: number;
  /** Number of the open exception: the price moved like that of a split without a known action. Null: none. */
  readonly exception: number | null;
  /** Of a session that is held as a whole, neither approved nor corrected: nothing is computed from it. */
  readonly isHeld: boolean;
}

/** Which bars are asked for, both ends included. */
export interface BarsRequest {
  readonly from?: SessionDate | undefined;
  readonly to?: SessionDate | undefined;
  /** Default: `split`. */
  readonly adjusted?: Adjustment | undefined;
  /** By the corporate actions that were known then; default: now. */
  readonly knownAt?: Date | undefined;
}

/**
 * Bars of the security that had a ticker last, under every ticker it had, oldest first. `knownAt` is about the actions; bars themselves are kept
 * as they are now.
 *
 * @throws EOD_SYMBOL_UNKNOWN when the ticker has no bars at all
 */
export async function readBars(
  database: Database,
  symbol: string,
  { from, to, adjusted = 'split', knownAt }: BarsRequest,
): Promise<Bar[]> {
  const [oldest, newest] = ['1900-01-01', '9999-12-31'];
  const rows = await READ_BARS.rows(database.pool, {
    symbol,
    from: from ?? oldest,
    until: to ?? newest,
    adjusted,
    knownAt: knownAt ?? null,
  });
  if (rows.length === 0 && (await READ_BARS.first(database.pool, anyBar(symbol, oldest, newest))) === undefined) {
    throw await unknownSymbol(database, symbol, `there are no bars of ${symbol}`);
  }
  return rows.map(({ exception, ...bar }) => ({ ...bar, exception: exception === null ? null : Number(exception) }));
}

function anyBar(symbol: string, from: string, until: string) {
  return { symbol, from, until, adjusted: 'none', knownAt: null };
}
