import type { Stock, StockGroup } from './market.js';

/**
 * `Consumer Discretionary` → `consumer_discretionary`, `Oil & Gas` → `oil_and_gas`, `Auto Parts:O.E.M.` → `auto_parts_o_e_m_`: lower case,
 * `&` to `and`, every other run outside a-z and 0-9 to one `_`, also at the end: the form of the consumer's sector and industry keys.
 */
export function toUniverseKey(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll('&', 'and')
    .replace(/[^a-z0-9]+/g, '_');
}

/**
 * Stocks by sector or industry.
 *
 * Shape: stocks in rank order → groups in the order of their largest stock.
 * Edges: stocks without a name, or with "Unknown", are in no group. Feeds spell the same name differently ("Oil & Gas", "Oil and Gas"):
 *        names with the same key are one group, with the name used by its largest stock.
 */
export function groupStocks(stocks: readonly Stock[], pick: (stock: Stock) => string | null): StockGroup[] {
  const groups = new Map<string, StockGroup>();
  const groupsByName = new Map<string | null, StockGroup | null>([[null, null]]);
  for (const stock of stocks) {
    const name = pick(stock);
    let group = groupsByName.get(name);
    if (group === undefined) {
      group = findGroup(groups, name ?? '');
      groupsByName.set(name, group);
    }
    group?.stocks.push(stock);
  }
  return [...groups.values()];
}

function findGroup(groups: Map<string, StockGroup>, name: string): StockGroup | null {
  const key = toUniverseKey(name);
  if (/^_*$/.test(key) || key === 'unknown') return null;
  const group = groups.get(key) ?? { key, name: name.trim(), stocks: [] };
  groups.set(key, group);
  return group;
}

/** By code unit, so that the order does not depend on a locale. */
export function compareNames(left: { name: string }, right: { name: string }): number {
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}
