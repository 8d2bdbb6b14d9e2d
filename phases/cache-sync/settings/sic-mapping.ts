import { z } from 'zod';
import { describeMismatch } from '../../../src/config/problems.js';
import type { ConfigRow, IgnoredRow } from './config-row.js';

/** SIC code → sector and industry for stocks whose feed has none. */
export type SicMapping = ReadonlyMap<string, { readonly sector: string; readonly industry: string }>;

export const SIC_MAPPING = 'sic_mapping';

const ALLOWED = 'a code of one to four digits with { "sector": text, "industry": text }';

const text = z.string().trim().min(1);
const mappingSchema = z.object({ sector: text, industry: text });

/** Invalid entries are dropped one by one, each named in `ignored`, because codes are independent. */
export function toSicMapping(
  entries: ReadonlyMap<string, { readonly value: unknown; readonly row: ConfigRow }>,
  ignored: IgnoredRow[],
): SicMapping {
  const mapping = new Map<string, { sector: string; industry: string }>();
  for (const [code, { value, row }] of entries) {
    const parsed = mappingSchema.safeParse(value);
    if (parsed.success && /^\d{1,4}$/.test(code)) {
      mapping.set(code, parsed.data);
      continue;
    }
    const found = `${JSON.stringify(code)} ${describeMismatch(['universes'], value, ALLOWED)}`;
    ignored.push({ place: `cache_config/${row.name}/${row.key}`, reason: `the code ${found}`, isWhole: false });
  }
  return mapping;
}
