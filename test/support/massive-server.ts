import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Row = Readonly<Record<string, unknown>>;
type Answer = (response: ServerResponse) => void;

/** What the API knows, in the shapes that its manual shows. */
export interface MassiveData {
  /** Session → bars: `T`, `o`, `h`, `l`, `c`, `v`. */
  readonly bars: Readonly<Record<string, readonly Row[]>>;
  readonly tickers: readonly Row[];
  readonly delisted?: readonly Row[];
  readonly splits?: readonly Row[];
  readonly dividends?: readonly Row[];
  /** Ticker → details. */
  readonly details?: Readonly<Record<string, Row>>;
}

export const MASSIVE_KEY = 'test-key-of-massive';

/** A local server with the API of Massive, as far as the source uses it: pages, keys, and the failures it is told to have. */
export class MassiveServer {
  /** Path and query of every request, in order. */
  readonly requests: string[] = [];
  readonly keys: (string | undefined)[] = [];
  pageSize = 1000;
  /** Where the address of a next page begins. */
  nextOrigin = 'https://api.polygon.io';
  private readonly failures: { readonly path: RegExp; readonly answer: Answer }[] = [];
  private readonly server = createServer((request, response) => this.answer(request, response));

  constructor(public data: MassiveData) {}

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The next request of a matching path is answered like this; several calls queue up. */
  failOnce(path: RegExp, answer: Answer): void {
    this.failures.push({ path, answer });
  }

  count(path: RegExp): number {
    return this.requests.filter((request) => path.test(request)).length;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://local');
    this.requests.push(`${url.pathname}${url.search}`);
    this.keys.push(request.headers.authorization);
    const failure = this.failures.findIndex(({ path }) => path.test(url.pathname));
    if (failure >= 0) {
      this.failures.splice(failure, 1)[0]?.answer(response);
      return;
    }
    if (request.headers.authorization !== `Bearer ${MASSIVE_KEY}`) {
      sendJson(response, 401, { status: 'ERROR', error: 'Unknown API Key' });
      return;
    }
    const found = this.find(url);
    if (found === undefined) sendJson(response, 404, { status: 'NOT_FOUND', message: 'Ticker not found.' });
    else sendJson(response, 200, { status: 'OK', request_id: 'r', ...found });
  }

  private find(url: URL): Row | undefined {
    const { pathname, searchParams } = url;
    const query = (name: string) => searchParams.get(name) ?? '';
    const { bars, tickers, delisted = [], splits = [], dividends = [], details = {} } = this.data;
    const [, grouped] = /^\/v2\/aggs\/grouped\/locale\/us\/market\/stocks\/(.+)$/.exec(pathname) ?? [];
    if (grouped !== undefined) return toBars(bars[grouped] ?? []);
    const [, session] = /^\/v2\/aggs\/ticker\/SPY\/range\/1\/day\/(.+)\/\1$/.exec(pathname) ?? [];
    if (session !== undefined) return toBars((bars[session] ?? []).slice(0, 1));
    const [, ticker] = /^\/v3\/reference\/tickers\/(.+)$/.exec(pathname) ?? [];
    if (ticker !== undefined) {
      const results = details[decodeURIComponent(ticker)];
      return results && { results };
    }
    if (pathname === '/v3/reference/tickers') return this.toPage(url, query('active') === 'true' ? tickers : delisted);
    if (pathname === '/stocks/v1/splits')
      return this.toPage(
        url,
        splits.filter((row) => row['execution_date'] === query('execution_date')),
      );
    if (pathname === '/stocks/v1/dividends')
      return this.toPage(
        url,
        dividends.filter((row) => row['ex_dividend_date'] === query('ex_dividend_date')),
      );
    return undefined;
  }

  private toPage(url: URL, rows: readonly Row[]): Row {
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const results = rows.slice(from, from + this.pageSize);
    const next = new URL(url.pathname + url.search, this.nextOrigin);
    next.searchParams.set('cursor', String(from + this.pageSize));
    return { results, count: results.length, ...(from + this.pageSize < rows.length && { next_url: next.href }) };
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Row = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...(headers as Record<string, string>) });
  response.end(JSON.stringify(body));
}

/** An empty day has no list at all. */
function toBars(rows: readonly Row[]): Row {
  const counts = { adjusted: false, queryCount: rows.length, resultsCount: rows.length };
  return rows.length === 0 ? counts : { ...counts, results: rows };
}

/** A bar as the API has it. */
export function toBarRow(ticker: string, close: number, volume: number): Row {
  return {
    T: ticker,
    o: close,
    h: close + 0.5,
    l: close - 0.5,
    c: close,
    v: volume,
    vw: close,
    n: 100,
    t: 1782849600000,
  };
}

/** A row of reference data as the API has it. */
export function toTickerRow(ticker: string, facts: Row = {}): Row {
  return {
    ticker,
    name: `${ticker} Inc`,
    market: 'stocks',
    locale: 'us',
    primary_exchange: 'XNAS',
    type: 'CS',
    active: true,
    currency_name: 'usd',
    last_updated_utc: '2026-06-30T06:05:06.529466218Z',
    ...facts,
  };
}
