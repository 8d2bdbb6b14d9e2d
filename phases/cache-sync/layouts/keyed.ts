import type { CacheLayout, ProjectionRow } from '../layout.js';
import type { Valued } from '../market.js';
import type { Statistics, Universe } from '../rule.js';

/**
 * The consumer's reader: a row a universe under type, name and key, some of them twice.
 *
 * Source: the table of appv2-contract section 1; absent text is "Unknown", a market cap a number.
 */
export const keyed: CacheLayout = {
  id: 'keyed',
  matches: (columns) => ['type', 'name', 'key', 'value', 'environment'].every((column) => columns.has(column)),
  *rows(universes, at) {
    for (const universe of universes) yield* toRows(universe, at);
  },
};

function toRows(universe: Universe, at: Date): ProjectionRow[] {
  const { form, members } = universe;
  switch (form.kind) {
    case 'stock-list':
      return [row(universe, { count: members.length, stocks: members.map(toStock) })];
    case 'industry-list':
      return [row(universe, { sector: form.sector, count: members.length, stocks: members.map(toStock) })];
    case 'ticker-list':
      return [row(universe, toTickers(members))];
    case 'theme':
      return [
        row(universe, toTickers(members)),
        row(universe, toTickers(members), { type: 'themes', name: universe.title, key: 'list' }),
      ];
    case 'etf-list':
      return [row(universe, { count: members.length, etfs: members.map(toEtf) })];
    case 'etf-category':
      return [
        row(universe, toTickers(members)),
        row(universe, { count: members.length, etfs: members.map(toEtf) }, { key: `${universe.key}_detailed` }),
      ];
    case 'combination':
      return [
        row(universe, toTickers(members)),
        row(universe, toCombination(members, form.description), { key: `${universe.key}_detailed` }),
      ];
    case 'statistics':
      return [statisticsRow(universe, form.statistics, at)];
  }
}

function row(
  universe: Universe,
  value: unknown,
  place: Partial<Pick<ProjectionRow, 'type' | 'name' | 'key'>> = {},
): ProjectionRow {
  const text = JSON.stringify(value);
  return {
    type: universe.type,
    name: universe.name,
    key: universe.key,
    ...place,
    universe,
    value: text,
    content: text,
  };
}

function statisticsRow(universe: Universe, statistics: Statistics, at: Date): ProjectionRow {
  const overview = {
    total_stocks: statistics.totalStocks,
    unique_sectors: statistics.uniqueSectors,
    unique_exchanges: statistics.uniqueExchanges,
    total_market_cap: statistics.totalMarketCapUsd,
    average_market_cap: statistics.averageMarketCapUsd,
  };
  return {
    ...row(universe, { overview: { ...overview, last_updated: at.toISOString() } }),
    content: JSON.stringify(overview),
  };
}

/* `||` and not `??` below: hosts that write symbols themselves leave empty text where a fact is absent. */

function toStock(stock: Valued, index: number): Record<string, unknown> {
  return {
    ticker: stock.symbol,
    name: stock.name || 'Unknown',
    rank: index + 1,
    sector: stock.sector || 'Unknown',
    industry: stock.industry || 'Unknown',
    exchange: stock.exchange || 'Unknown',
    market: stock.market || 'Unknown',
    market_cap: stock.marketCapUsd ?? 0,
  };
}

function toEtf(etf: Valued): Record<string, unknown> {
  return {
    symbol: etf.symbol,
    name: etf.name || 'Unknown',
    etf_type: etf.etfType || 'Unknown',
    issuer: etf.issuer || 'Unknown',
  };
}

function toTickers(members: readonly Valued[]): string[] {
  return members.map((member) => member.symbol);
}

function toCombination(members: readonly Valued[], description: string): Record<string, unknown> {
  const stocks = members.filter((member) => member.type !== 'ETF');
  const etfs = members.filter((member) => member.type === 'ETF');
  return {
    count: members.length,
    description,
    composition: { stocks: stocks.length, etfs: etfs.length },
    stocks: stocks.map(toStock),
    etfs: etfs.map(toEtf),
  };
}
