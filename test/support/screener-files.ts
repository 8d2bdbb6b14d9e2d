import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A screener row; what is left out takes an ordinary value. All values are text, as in the real files. */
export type ScreenerRow = Partial<
  Record<
    | 'symbol'
    | 'name'
    | 'lastsale'
    | 'netchange'
    | 'pctchange'
    | 'volume'
    | 'marketCap'
    | 'country'
    | 'ipoyear'
    | 'industry'
    | 'sector',
    unknown
  >
>;

/** A temporary folder of screener snapshots, one folder a session. */
export class ScreenerFiles {
  private constructor(readonly dir: string) {}

  static async create(): Promise<ScreenerFiles> {
    return new ScreenerFiles(await mkdtemp(join(tmpdir(), 'tickstock-screener-')));
  }

  /** Writes all three exchanges; one that is not given has a single unremarkable row. */
  async writeSession(
    session: string,
    rows: Partial<Record<'nasdaq' | 'nyse' | 'amex', readonly ScreenerRow[]>>,
  ): Promise<void> {
    await mkdir(join(this.dir, session), { recursive: true });
    for (const exchange of ['nasdaq', 'nyse', 'amex'] as const) {
      const filler = [{ symbol: `FILL${exchange.charAt(1).toUpperCase()}`, marketCap: '' }];
      await this.writeFile(session, `${exchange}.json`, JSON.stringify((rows[exchange] ?? filler).map(toFullRow)));
    }
  }

  async writeFile(session: string, name: string, content: string | Uint8Array): Promise<void> {
    await mkdir(join(this.dir, session), { recursive: true });
    await writeFile(join(this.dir, session, name), content);
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

function toFullRow(row: ScreenerRow): Record<string, unknown> {
  return {
    name: `${String(row.symbol)} Inc. Common Stock`,
    lastsale: '$10.00',
    netchange: '0.10',
    pctchange: '1.01%',
    volume: '1000',
    marketCap: '1000000000.00',
    country: 'United States',
    ipoyear: '2001',
    industry: 'Industrial Machinery',
    sector: 'Industrials',
    url: '/market-activity/stocks/x',
    ...row,
  };
}
