import { createSampleMarket, SAMPLE_EPOCH } from '../../../phases/import/sample-market/market.js';
import type { SampleMarket } from '../../../phases/import/sample-market/market.js';
import type { BarRecord, SymbolRecord } from '../../../phases/import/source.js';
import { TradingCalendar } from '../../../src/core/calendar.js';
import { parseSessionDate } from '../../../src/core/session.js';
import type { SessionDate } from '../../../src/core/session.js';

export const calendar = new TradingCalendar();

export const session = parseSessionDate;

export const YEARS = calendar.between(SAMPLE_EPOCH, session('2028-12-29'));

export function barsOf(market: SampleMarket, sessions: readonly SessionDate[]): BarRecord[] {
  return [...market.bars(sessions)];
}

export function sharesOf(symbols: readonly SymbolRecord[]): Map<string, number> {
  return new Map(symbols.map((symbol) => [symbol.symbol, symbol.sharesOutstanding ?? 0]));
}

export function capOf(bar: BarRecord, shares: ReadonlyMap<string, number>): number {
  return bar.close * (shares.get(bar.symbol) ?? 0);
}

export function sample(sessions: readonly SessionDate[], count: number): SessionDate[] {
  const step = Math.floor(sessions.length / count);
  return sessions.filter((_, at) => at % step === 0);
}

/** What these tests have in common; registers its hooks. */
export function useSample() {
  const market = createSampleMarket(calendar);
  return { market };
}
