import { createHash } from 'node:crypto';
import pg from 'pg';
import type { PoolClient } from 'pg';
import type { SessionDate } from '../../src/core/session.js';
import { copyTextOut, parseCopyText } from '../../src/db/copy.js';
import type { Security } from './market.js';

export interface LoadedMarket {
  readonly securities: readonly Security[];
  /** Hash of everything loaded, the same whatever the order of rows in the tables. */
  readonly inputHash: string;
}

/**
 * Every active security with its newest close in [oldest, session], symbol ascending.
 *
 * One statement: the closes of the session are joined, and only what did not trade looks back. Looking back for every symbol
 * (`lateral … limit 1`, itself ten times faster than `distinct on`) took 760 ms at 143,000 symbols against 370, and 54 against 15 ms at
 * 7,000. Streamed as COPY text, which takes a third of the time and
 * memory of the driver's rows at 143,000 symbols.
 */
export async function loadMarket(
  client: PoolClient,
  session: SessionDate,
  oldest: SessionDate,
  onBatch: (rows: number) => void,
): Promise<LoadedMarket> {
  const securities: Security[] = [];
  const hash = createHash('sha256');
  const intern = createInterner();
  for await (const text of copyTextOut(client, marketQuery(session, oldest))) {
    hash.update(text);
    const rows = parseCopyText(text);
    for (const row of rows) securities.push(toSecurity(row, intern));
    onBatch(rows.length);
  }
  return { securities, inputHash: hash.digest('hex') };
}

function marketQuery(session: SessionDate, oldest: SessionDate): string {
  const [newestDay, oldestDay] = [pg.escapeLiteral(session), pg.escapeLiteral(oldest)];
  return `
    select s.symbol, s.name, s.type, coalesce(s.primary_exchange, s.exchange), s.market, s.sector, s.industry, s.list_date,
           s.market_cap, s.weighted_shares_outstanding, s.etf_type, s.issuer,
           coalesce(today.close, past.close), coalesce(today.volume, past.volume), coalesce(today.date, past.date)
    from symbols s
    left join ohlcv_daily today on today.symbol = s.symbol and today.date = ${newestDay}
    left join lateral (
      select b.close, b.volume, b.date
      from ohlcv_daily b
      where today.symbol is null and b.symbol = s.symbol and b.date between ${oldestDay} and ${newestDay}
      order by b.date desc
      limit 1
    ) past on true
    where s.active and (s.delisted_date is null or s.delisted_date > ${newestDay})
    order by s.symbol collate "C"`;
}

function toSecurity(row: readonly (string | null)[], intern: (text: string | null) => string | null): Security {
  return {
    symbol: row[0] ?? '',
    name: row[1] ?? null,
    type: intern(row[2] ?? null),
    exchange: intern(row[3] ?? null),
    market: intern(row[4] ?? null),
    sector: intern(row[5] ?? null),
    industry: intern(row[6] ?? null),
    listDate: intern(row[7] ?? null),
    knownMarketCapUsd: toNumberOrNull(row[8]),
    sharesOutstanding: toNumberOrNull(row[9]),
    etfType: intern(row[10] ?? null),
    issuer: intern(row[11] ?? null),
    close: toNumberOrNull(row[12]),
    volumeShares: toNumberOrNull(row[13]),
    priceSession: intern(row[14] ?? null),
  };
}

/** Repeated text is kept once: sectors, industries and dates repeat thousands of times, and a slice would keep its whole chunk alive. */
function createInterner(): (text: string | null) => string | null {
  const known = new Map<string, string>();
  return (text) => {
    if (text === null) return null;
    const found = known.get(text);
    if (found !== undefined) return found;
    known.set(text, text);
    return text;
  };
}

function toNumberOrNull(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}
