import type { PoolClient } from 'pg';
import type { SessionDate } from '../../core/session.js';
import { READ_TICKERS } from './read-tickers.sql.js';

/** A ticker of a security, over a span of sessions. */
export interface TickerSpan {
  readonly ticker: string;
  /** First session; null: it had the ticker before anything was recorded. */
  readonly from: SessionDate | null;
  /** First session with another ticker; null: it still has this one. */
  readonly before: SessionDate | null;
}

/** The same with the permanent id of the security. */
export interface SecurityTickerSpan extends TickerSpan {
  readonly security: number;
}

/** Beyond every session. */
const NEWEST = '9999-12-31' as SessionDate;

/** Which security a ticker stood for on each session. A ticker without a row has always stood for itself. */
export class TickerSpans {
  private readonly byTicker = new Map<string, SecurityTickerSpan[]>();
  private readonly bySecurity = new Map<number, SecurityTickerSpan[]>();

  /** @param rows in any order */
  constructor(rows: readonly SecurityTickerSpan[]) {
    for (const row of rows.toSorted(compareSpans)) {
      append(this.byTicker, row.ticker, row);
      append(this.bySecurity, row.security, row);
    }
  }

  /**
   * @param session null: the security that had this ticker last
   * @returns the present ticker of the security that had this one in the session; null when it has none any more
   */
  presentOf(symbol: string, session: SessionDate | null): string | null {
    const rows = this.byTicker.get(symbol);
    if (rows === undefined) return symbol;
    const found = session === null ? rows.at(-1) : rows.find((row) => isIn(row, session));
    const last = found === undefined ? undefined : this.bySecurity.get(found.security)?.at(-1);
    return last === undefined || last.before !== null ? null : last.ticker;
  }

  /** Tickers that changed, with the present tickers of the securities they stood for. */
  *changed(): Generator<readonly [symbol: string, present: string]> {
    for (const rows of this.bySecurity.values()) {
      const last = rows.at(-1);
      if (last === undefined || last.before !== null) continue;
      for (const { ticker, before } of rows) if (before !== null) yield [ticker, last.ticker];
    }
  }
}

function append<Key>(groups: Map<Key, SecurityTickerSpan[]>, key: Key, row: SecurityTickerSpan): void {
  const own = groups.get(key);
  if (own === undefined) groups.set(key, [row]);
  else own.push(row);
}

/** Whether a session is one of a span. */
export function isIn({ from, before }: TickerSpan, session: SessionDate): boolean {
  return (from === null || from <= session) && (before === null || session < before);
}

function compareSpans(left: TickerSpan, right: TickerSpan): number {
  return (left.from ?? '') < (right.from ?? '') ? -1 : (left.from ?? '') > (right.from ?? '') ? 1 : 0;
}

/** Reads what is known, up to a session if one is given. */
export async function readTickerSpans(
  client: Pick<PoolClient, 'query'>,
  session: SessionDate = NEWEST,
): Promise<TickerSpans> {
  return new TickerSpans(await READ_TICKERS.rows(client, { session }));
}
