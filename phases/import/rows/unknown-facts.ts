import type { SymbolRecord } from '../source.js';

/** The facts of a symbol of which a source states none. */
export const UNKNOWN_FACTS = {
  name: null,
  exchange: null,
  type: null,
  marketCapUsd: null,
  sharesOutstanding: null,
  sector: null,
  industry: null,
  country: null,
  listDate: null,
  etf: null,
} satisfies Partial<SymbolRecord>;
