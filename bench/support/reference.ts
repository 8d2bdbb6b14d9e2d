import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { classifySecurity } from '../../phases/import/rows/security-type.js';

/** Facts that do not change from session to session. */
export interface Reference {
  readonly name: string | null;
  readonly type: string;
  readonly sector: string | null;
  readonly industry: string | null;
}

interface ScreenerRow {
  readonly symbol: string;
  readonly name: string;
  readonly sector: string;
  readonly industry: string;
}

/** Facts of a symbol in the newest screener file that has it. */
export function readReference(screener: string): Map<string, Reference> {
  const references = new Map<string, Reference>();
  for (const session of readdirSync(screener).toSorted().toReversed()) {
    for (const file of readdirSync(join(screener, session))) {
      const exchange = file.replace(/\.json\.gz$/, '');
      const text = gunzipSync(readFileSync(join(screener, session, file))).toString('utf8');
      for (const row of JSON.parse(text) as ScreenerRow[]) {
        const symbol = row.symbol.trim();
        if (!references.has(symbol)) references.set(symbol, toReference(symbol, row, exchange));
      }
    }
  }
  return references;
}

/** For a symbol in no screener file only the symbol itself shows its type. */
export function guessReference(symbol: string): Reference {
  return { name: null, type: classifySecurity({ symbol, name: '' }), sector: null, industry: null };
}

function toReference(symbol: string, row: ScreenerRow, exchange: string): Reference {
  const name = row.name.trim();
  return {
    name,
    type: classifySecurity({ symbol, name, exchange }),
    sector: row.sector.trim() || null,
    industry: row.industry.trim() || null,
  };
}
