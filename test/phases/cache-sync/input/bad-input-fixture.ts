import type { ThemeConfig } from '../../../../src/config/schema/index.js';
import { configOf, type Listing } from '../../../support/market.js';

export const MARKET: readonly Listing[] = [
  { symbol: 'AAPL', cap: 3e12, sector: 'Technology', exchange: 'NASDAQ' },
  { symbol: 'XOM', cap: 5e11, sector: 'Energy', exchange: 'NYSE' },
  { symbol: 'MIDI', cap: 3e9, sector: 'Energy', exchange: 'NYSE' },
];

type ThemeInput = Pick<ThemeConfig, 'key' | 'title'> & { readonly symbols?: string[]; readonly rules?: object };

export const withThemes = (...themes: ThemeInput[]) => configOf({ themes });

/** What these tests have in common; registers its hooks. */
export function useBadInput() {
  return {};
}
