import { createHash } from 'node:crypto';
import type { SecurityType } from '../rows/security-type.js';

/** Only these have shares, a SIC code and a listing date that a universe needs. */
const DETAILED: ReadonlySet<SecurityType | null> = new Set(['CS', 'ADRC']);

export interface KnownSymbol {
  /** Of the share class. */
  readonly figi: string | null;
  readonly listDate: string | null;
  readonly hasDetails: boolean;
}

/**
 * Whether the details of a ticker are asked in this session: of a stock that is new, has none, is another security than before or splits, and
 * of every stock once in `every` sessions, the same ones whenever the session is run. Of none where `every` is 0.
 *
 * @param ordinal number of the session, of which consecutive sessions have consecutive ones
 */
export function needsDetails(
  { symbol, type, figi }: { readonly symbol: string; readonly type: SecurityType | null; readonly figi: string | null },
  known: KnownSymbol | undefined,
  { ordinal, every, splits }: { readonly ordinal: number; readonly every: number; readonly splits: boolean },
): boolean {
  if (every === 0 || !DETAILED.has(type)) return false;
  if (known === undefined || !known.hasDetails || splits) return true;
  if (figi !== null && known.figi !== null && figi !== known.figi) return true;
  return createHash('sha256').update(symbol).digest().readUInt32BE() % every === ordinal % every;
}
