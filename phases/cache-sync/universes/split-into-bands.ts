import type { BandingConfig } from '../../../src/config/schema/index.js';
import { findStock, isInBand, isStaying, isWithinBuffer } from './banding.js';
import type { Market, Stock } from '../valuation/market.js';
import { isOtherClass } from './by-company.js';
import type { UniverseIdentity } from './rule.js';

/** A market-cap class [minUsd, maxUsd), open at the top where `maxUsd` is null. Units: USD. */
export interface Band {
  readonly key: string;
  readonly title: string;
  readonly minUsd: number;
  readonly maxUsd: number | null;
  readonly by: 'security' | 'company';
  /** Null: strict. */
  readonly buffer: BandingConfig | null;
}

/** Stocks in rank order. */
export interface BandMembers {
  readonly band: Band;
  readonly stocks: Stock[];
  /** Stocks whose cap is in this band while another band keeps them. */
  readonly keptElsewhere: Stock[];
}

/**
 * Splits the stocks of a market into bands, each stock into at most one; with buffers, an earlier member stays in its band near the limits.
 *
 * Shape: bands highest first → their members, in the same order.
 * Edges: a stock that two bands could keep stays in the higher one.
 */
export function splitIntoBands(
  market: Market,
  bands: readonly Band[],
  identity: Omit<UniverseIdentity, 'key'>,
): BandMembers[] {
  const keepers = findKeepers(market, bands, identity);
  const lists = bands.map((band): BandMembers => ({ band, stocks: [], keptElsewhere: [] }));
  let index = 0;
  for (const stock of market.stocks) {
    while (stock.marketCapUsd < (bands[index]?.minUsd ?? -Infinity)) index += 1;
    const keeper = keepers.size === 0 ? undefined : keepers.get(stock);
    if (bands[keeper ?? index]?.by === 'company' && isOtherClass(stock)) continue;
    lists[keeper ?? index]?.stocks.push(stock);
    if (keeper !== undefined) lists[index]?.keptElsewhere.push(stock);
  }
  return lists;
}

/** Stocks kept by a band that their cap is not in → index of that band. */
function findKeepers(
  market: Market,
  bands: readonly Band[],
  identity: Omit<UniverseIdentity, 'key'>,
): Map<Stock, number> {
  const keepers = new Map<Stock, number>();
  bands.forEach(({ key, minUsd, maxUsd, buffer }, index) => {
    if (buffer === null) return;
    for (const [symbol, since] of market.past.membersOf({ ...identity, key })) {
      const stock = findStock(market, symbol);
      if (stock === undefined || keepers.has(stock) || isInBand(stock.marketCapUsd, minUsd, maxUsd)) continue;
      const isNear = isWithinBuffer(stock.marketCapUsd, minUsd, maxUsd, buffer.capPct);
      if (isNear || isStaying(since, buffer, market)) keepers.set(stock, index);
    }
  });
  return keepers;
}
