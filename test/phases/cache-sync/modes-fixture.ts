import type { RunMode } from '../../../src/core/run-mode.js';
import type { SessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { configOf, MONDAY, sync, writeListings, type Listing } from '../../support/market.js';

export const MARKET: readonly Listing[] = [
  { symbol: 'AAPL', cap: 3e12, sector: 'Technology', industry: 'Hardware' },
  { symbol: 'NVDA', cap: 4e12, sector: 'Technology', industry: 'Semiconductors' },
  { symbol: 'AMD', cap: 3e11, sector: 'Technology', industry: 'Semiconductors' },
  { symbol: 'SPY', type: 'ETF', name: 'SPDR' },
];

export const withThemes = (symbols: readonly string[]) =>
  configOf({ themes: [{ key: 'chips', title: 'Chips', symbols: [...symbols] }] });
export const CONFIG = withThemes(['NVDA', 'AMD']);

/** Everything at once: a cap below its band's limit, a new listing, an ETF more, a member gone. */
export const NEXT: readonly Listing[] = [
  { symbol: 'AAPL', cap: 1e11, sector: 'Technology', industry: 'Hardware' },
  { symbol: 'NVDA', cap: 4e12, sector: 'Technology', industry: 'Semiconductors' },
  { symbol: 'AMD', cap: 3e11, sector: 'Technology', industry: 'Semiconductors', active: false },
  { symbol: 'NEW', cap: 5e11, sector: 'Energy', listDate: '2026-06-22' },
  { symbol: 'QQQ', type: 'ETF', name: 'Invesco' },
];

/** A database in which Monday has had a full sync; `run` syncs it again. */
export function useSyncedMonday() {
  let test: TestDatabase;
  const run = (mode: RunMode, config = CONFIG, options: { force?: boolean; session?: SessionDate } = {}) =>
    sync(test.database, options.session ?? MONDAY, { config, mode, force: options.force ?? false });

  beforeEach(async () => {
    test = await createTestDatabase();
    await writeListings(test.database, MONDAY, MARKET);
    await run('full');
  });

  afterEach(async () => {
    await test.drop();
  });

  return { run, test: () => test };
}
