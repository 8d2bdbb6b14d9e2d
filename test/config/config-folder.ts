import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineError } from '../../src/core/errors.js';

/** The least that files may hold which replace the shipped ones. */
export const VALID_FILES = {
  'tickstock.yaml': 'run:\n  concurrency: 2\n',
  'universes.yaml': `bands:
  - { key: large_cap, title: Large Cap, minUsd: 10e9 }
  - { key: small_cap, title: Small Cap, minUsd: 300e6 }
rankings:
  - { key: top_50, title: Top 50, size: 50 }
sectorLeaders: { size: 10 }
industryGroups: { groups: 20, minStocks: 3, size: 15 }
recentIpos: { days: 30 }
complete: { stocks: 1000, etfs: 100 }
combination: { stocks: 50, etfs: [SPY, QQQ] }
etfCategories:
  - key: etf_growth
    title: Growth ETFs
    types: [growth]
marketCapRewritePct: 5
stalePriceSessions: 3
replace: true
`,
  'themes.yaml': 'themes:\n  - { key: ai, title: AI, symbols: [NVDA, MSFT] }\nreplace: true\n',
  'calendar.yaml': 'overrides: []\n',
} as const;

export type FileTexts = Readonly<Record<string, string>>;

/** Folders of configuration files, removed together. */
export class ConfigFolders {
  private readonly root = mkdtempSync(join(tmpdir(), 'tickstock-config-'));
  private made = 0;

  /** A folder with the valid files, those of `texts` replaced or added. */
  make(texts: FileTexts = {}): string {
    return this.makeExactly({ ...VALID_FILES, ...texts });
  }

  /** A folder with these files only. */
  makeExactly(texts: FileTexts): string {
    const dir = join(this.root, String(++this.made));
    mkdirSync(dir);
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(dir, name), text);
    return dir;
  }

  path(name: string): string {
    return join(this.root, name);
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}

/** The error that `act` throws; fails when it throws none or one of another kind. */
export function thrownBy(act: () => unknown): PipelineError {
  try {
    act();
  } catch (error) {
    if (error instanceof PipelineError) return error;
    throw error;
  }
  throw new Error('expected a PipelineError, nothing was thrown');
}
