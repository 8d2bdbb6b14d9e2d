import { compareMemberships, type OpenUniverse } from '../../../../phases/cache-sync/membership/compare-memberships.js';
import { RULES } from '../../../../phases/cache-sync/universes/rules/index.js';
import { selectUniverses, toUniverseName } from '../../../../phases/cache-sync/universes/select-universes.js';
import type { Config } from '../../../../src/config/schema/index.js';
import { configOf, marketOf, type Listing } from '../../../support/market.js';

const config = configOf({ themes: [{ key: 'chips', title: 'Chips', symbols: ['NVDA', 'TSM'] }] });

export function open(type: string, name: string, key: string, symbols: readonly string[]): OpenUniverse {
  return { id: 1, type, name, key, symbols, isRetired: false };
}

export async function compare(
  listings: readonly Listing[],
  published: readonly OpenUniverse[],
  options: { force?: boolean; config?: Config } = {},
) {
  const market = await marketOf(listings);
  const selected = await selectUniverses(RULES, market, options.config ?? config);
  const comparison = compareMemberships(
    selected,
    published,
    RULES,
    market,
    options.config ?? config,
    () => options.force ?? false,
  );
  return {
    changes: comparison.changes
      .filter((change) => change.reason !== 'FIRST_PUBLISH')
      .map((change) => [toUniverseName(change.universe), change.symbol, change.action, change.reason]),
    held: comparison.holds.map((hold) => [
      hold.universe && toUniverseName(hold.universe),
      hold.gate,
      hold.measured,
      hold.threshold,
    ]),
    retired: comparison.retired.map(toUniverseName),
    published: comparison.published.map(toUniverseName),
    all: comparison.changes,
  };
}
