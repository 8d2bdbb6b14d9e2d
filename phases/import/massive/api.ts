import { z } from 'zod';
import { toSessionDate, type SessionDate } from '../../../src/core/session.js';
import type { MassiveClient } from './client.js';

const PAGE = 1000;
/** Traded in every session: a bar of it shows in one small answer that the session is there. */
const PROBE = 'SPY';

/** A value of a page, checked by who reads it: one row that is not valid must not cost the others. */
export type RawRow = Readonly<Record<string, unknown>>;

const rowsSchema = z.array(z.record(z.string(), z.unknown()));
const splitSchema = z.object({
  ticker: z.string(),
  execution_date: z.string(),
  split_from: z.number().positive(),
  split_to: z.number().positive(),
});
const dividendSchema = z.object({
  ticker: z.string(),
  ex_dividend_date: z.string(),
  cash_amount: z.number().positive(),
  currency: z.string().nullish(),
});
const delistedSchema = z.object({ ticker: z.string(), delisted_utc: z.string() });

export type Delisted = RawRow & { readonly ticker: string; readonly delistedDate: SessionDate };

/** What the source asks of the API, in the vendor's words. Each endpoint names its page of the manual, as it was in November 2026. */
export class MassiveApi {
  constructor(private readonly client: MassiveClient) {}

  /** Whether the session has bars, in one attempt. https://massive.com/docs/rest/stocks/aggregates/custom-bars */
  async hasSession(session: SessionDate, signal: AbortSignal): Promise<boolean> {
    const path = `/v2/aggs/ticker/${PROBE}/range/1/day/${session}/${session}`;
    const bars = rowsSchema.safeParse(await this.client.get(path, { adjusted: false }, signal, { once: true }));
    return bars.success && bars.data.length > 0;
  }

  /** Bars as traded, by ticker. https://massive.com/docs/rest/stocks/aggregates/daily-market-summary */
  async bars(session: SessionDate, signal: AbortSignal): Promise<ReadonlyMap<string, RawRow>> {
    const path = `/v2/aggs/grouped/locale/us/market/stocks/${session}`;
    const rows = rowsSchema.safeParse(await this.client.get(path, { adjusted: false, include_otc: false }, signal));
    return new Map((rows.data ?? []).flatMap((row) => (typeof row['T'] === 'string' ? [[row['T'], row]] : [])));
  }

  /** Every ticker that was active on the day of the session. https://massive.com/docs/rest/stocks/tickers/all-tickers */
  async *tickers(session: SessionDate, signal: AbortSignal): AsyncGenerator {
    yield* this.client.pages(
      '/v3/reference/tickers',
      { market: 'stocks', date: session, active: true, limit: PAGE, sort: 'ticker', order: 'asc' },
      signal,
    );
  }

  /** Tickers that were delisted from `since` to the session, the newest first; only these pages are read. */
  async *delisted(since: SessionDate, session: SessionDate, signal: AbortSignal): AsyncGenerator<Delisted> {
    const query = { market: 'stocks', active: false, limit: PAGE, sort: 'delisted_utc', order: 'desc' };
    for await (const raw of this.client.pages('/v3/reference/tickers', query, signal)) {
      const { data } = delistedSchema.safeParse(raw);
      const delistedDate = data === undefined ? null : toSessionDate(data.delisted_utc.slice(0, 10));
      if (data === undefined || delistedDate === null) continue;
      if (delistedDate < since) return;
      if (delistedDate <= session) yield { ...(raw as RawRow), ticker: data.ticker, delistedDate };
    }
  }

  /** Ticker → new shares for each old one. https://massive.com/docs/rest/stocks/corporate-actions/splits */
  async splits(session: SessionDate, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const ratios = new Map<string, number>();
    const query = { execution_date: session, limit: PAGE };
    for await (const raw of this.client.pages('/stocks/v1/splits', query, signal)) {
      const { data } = splitSchema.safeParse(raw);
      if (data?.execution_date === session) ratios.set(data.ticker, data.split_to / data.split_from);
    }
    return ratios;
  }

  /** Ticker → USD a share. https://massive.com/docs/rest/stocks/corporate-actions/dividends */
  async dividends(session: SessionDate, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const amounts = new Map<string, number>();
    const query = { ex_dividend_date: session, limit: PAGE };
    for await (const raw of this.client.pages('/stocks/v1/dividends', query, signal)) {
      const { data } = dividendSchema.safeParse(raw);
      if (data?.ex_dividend_date !== session || (data.currency ?? 'USD').toUpperCase() !== 'USD') continue;
      amounts.set(data.ticker, (amounts.get(data.ticker) ?? 0) + data.cash_amount);
    }
    return amounts;
  }

  /** Shares, SIC code, listing date; null for a ticker without. https://massive.com/docs/rest/stocks/tickers/ticker-overview */
  async details(ticker: string, session: SessionDate, signal: AbortSignal): Promise<RawRow | null> {
    const path = `/v3/reference/tickers/${encodeURIComponent(ticker)}`;
    return z
      .record(z.string(), z.unknown())
      .nullable()
      .catch(null)
      .parse(await this.client.get(path, { date: session }, signal));
  }
}
