import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadConfig } from '../../../src/config/load.js';
import type { Config } from '../../../src/config/schema/index.js';

/** A row as the NASDAQ screener gave it on 2026-06-30. */
export const APPLE = {
  symbol: 'AAPL',
  name: 'Apple Inc. Common Stock',
  lastsale: '$289.36',
  netchange: '7.62',
  pctchange: '2.705%',
  volume: '65042961',
  marketCap: '4249933332160.00',
  country: 'United States',
  ipoyear: '1980',
  industry: 'Computer Manufacturing',
  sector: 'Technology',
  url: '/market-activity/stocks/aapl',
} as const;

export const FORD = {
  ...APPLE,
  symbol: 'F',
  name: 'Ford Motor Company Common Stock',
  lastsale: '$13.90',
  netchange: '-0.12',
  pctchange: '-0.856%',
  volume: '59291673',
  marketCap: '55387227557.00',
  ipoyear: '',
  industry: 'Auto Manufacturing',
  sector: 'Industrials',
  url: '/market-activity/stocks/f',
} as const;

/** Rows as a list, or a file's bytes as they are. */
export type FileContent = readonly unknown[] | string | Uint8Array;

/** Folders of screener files, removed together. */
export class ScreenerFolders {
  private readonly root = mkdtempSync(join(tmpdir(), 'tickstock-screener-'));
  private made = 0;

  /** A folder of sessions: session → file name → content; a list of rows under a name ending in `.gz` is packed. */
  make(sessions: Readonly<Record<string, Readonly<Record<string, FileContent>>>>): string {
    const dir = join(this.root, String(++this.made));
    for (const [session, files] of Object.entries(sessions)) {
      mkdirSync(join(dir, session), { recursive: true });
      for (const [name, content] of Object.entries(files))
        writeFileSync(join(dir, session, name), toBytes(name, content));
    }
    return dir;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Symbols of a made-up market, for files in which single rows are wrong. */
export function makeRows(count: number, prefix = 'Q'): (typeof APPLE | Record<string, string>)[] {
  return Array.from({ length: count }, (_, index) => ({ ...FORD, symbol: `${prefix}${index + 1}` }));
}

/** The shipped configuration, reading one file a session: `nasdaq`. */
export function screenerConfig(dir: string | undefined, exchanges: readonly string[] = ['nasdaq']): Config {
  return loadConfig({ options: { import: { source: 'screener', dir, exchanges: [...exchanges] } } }).config;
}

function toBytes(name: string, content: FileContent): string | Uint8Array {
  if (typeof content === 'string' || content instanceof Uint8Array) return content;
  const text = JSON.stringify(content);
  return name.endsWith('.gz') ? gzipSync(text) : text;
}
