import { toUniverseKey } from '../../valuation/stock-groups.js';
import { toOverview } from '../describe-universe.js';
import { assignKeys } from '../universe-keys.js';
import type { CacheLayout, ProjectionRow } from '../layout.js';
import type { Valued } from '../../valuation/market.js';
import type { Statistics, Universe } from '../../universes/rule.js';

/**
 * The layout of the consumer's reader: one row per universe under type, name and key, some of them twice.
 *
 * Source: the table of appv2-contract section 1; absent text is "Unknown", a market cap a number.
 */
export const keyed: CacheLayout = {
  id: 'keyed',
  table: {
    identity: { type: 'type', name: 'name', key: 'key' },
    tableFilter: { environment: `'DEFAULT'` },
    initial: {},
    content: [{ column: 'value', type: 'jsonb' }],
    createdAt: 'created_at',
    updatedAt: 'updated_at',
  },
  managed: { column: 'type', values: ['stock_universe', 'etf_universe', 'stock_etf_combo', 'stock_stats', 'themes'] },
  *rows(universes, at) {
    for (const universe of universes) yield* toRows(universe, at);
  },
};

/** The same with keys that are unique without their names, for tables whose unique key leaves the name out. */
export const keyedByName: CacheLayout = {
  ...keyed,
  *rows(universes, at, ids) {
    const keyOf = assignKeys(universes, ids);
    for (const universe of universes) yield* toRows(universe, at, keyOf(universe));
  },
};

/** @param named key that no other universe has; absent where keys need not be unique without their names */
function toRows(universe: Universe, at: Date, named?: string): ProjectionRow[] {
  const { form, members } = universe;
  const key = named ?? universe.key;
  const list = named === undefined ? 'list' : `${toUniverseKey(universe.title)}_list`;
  const tickers = (): unknown => members.map((member) => member.symbol);
  const toListed = (stock: Valued, index: number) => toStock(stock, index, universe.classes?.get(stock.symbol));
  const stocks = (): unknown => ({ count: members.length, stocks: members.map(toListed) });
  const etfs = (): unknown => ({ count: members.length, etfs: members.map(toEtf) });
  const listedEtfs = (): unknown => ({ count: members.length, etfs: members.map(toListedEtf) });
  switch (form.kind) {
    case 'stock-list':
      return [row(universe, stocks, { key })];
    case 'industry-list':
      return [
        row(universe, () => ({ sector: form.sector, count: members.length, stocks: members.map(toListed) }), { key }),
      ];
    case 'ticker-list':
      return [row(universe, tickers, { key })];
    case 'theme':
      return [
        row(universe, tickers, { key }),
        row(universe, tickers, { type: 'themes', name: universe.title, key: list }),
      ];
    case 'etf-list':
      return [row(universe, listedEtfs, { key })];
    case 'etf-category':
      return [row(universe, tickers, { key }), row(universe, etfs, { key: `${key}_detailed` })];
    case 'combination':
      return [
        row(universe, tickers, { key }),
        row(universe, () => toCombination(members, form.description), { key: `${key}_detailed` }),
      ];
    case 'statistics':
      return [statisticsRow(universe, form.statistics, at)];
  }
}

/** The text is created when it is first read, so that rows can be listed without it. */
function row(
  universe: Universe,
  toValue: () => unknown,
  place: Partial<Pick<ProjectionRow, 'type' | 'name' | 'key'>> = {},
  toContent?: () => unknown,
): ProjectionRow {
  const { type, name, key } = { ...universe, ...place };
  let text: string | undefined;
  const toText = (): string => (text ??= JSON.stringify(toValue()));
  return {
    type,
    name,
    key,
    universe,
    get values() {
      return [toText()];
    },
    get content() {
      return toContent === undefined ? toText() : JSON.stringify(toContent());
    },
  };
}

function statisticsRow(universe: Universe, statistics: Statistics, at: Date): ProjectionRow {
  const overview = toOverview(statistics);
  const toValue = (): unknown => ({ overview: { ...overview, last_updated: at.toISOString() } });
  return row(universe, toValue, {}, () => overview);
}

/* `||` and not `??` below: hosts that write symbols themselves store empty text for an unknown fact. */

/** @param classes of its company, in a list that counts companies; undefined: it has one */
function toStock(stock: Valued, index: number, classes?: readonly string[]): Record<string, unknown> {
  return {
    ticker: stock.symbol,
    name: stock.name || 'Unknown',
    rank: index + 1,
    sector: stock.sector || 'Unknown',
    industry: stock.industry || 'Unknown',
    exchange: stock.exchange || 'Unknown',
    market: stock.market || 'Unknown',
    market_cap: stock.marketCapUsd ?? 0,
    ...(classes && { classes }),
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

/** An item of the complete list, which also has the fields of a stock. */
function toListedEtf(etf: Valued, index: number): Record<string, unknown> {
  return {
    ...toEtf(etf),
    ticker: etf.symbol,
    rank: index + 1,
    exchange: etf.exchange || 'Unknown',
    market_cap: etf.marketCapUsd ?? 0,
  };
}

function toCombination(members: readonly Valued[], description: string): Record<string, unknown> {
  const stocks = members.filter((member) => member.type !== 'ETF');
  const etfs = members.filter((member) => member.type === 'ETF');
  return {
    count: members.length,
    description,
    composition: { stocks: stocks.length, etfs: etfs.length },
    stocks: stocks.map((stock, index) => toStock(stock, index)),
    etfs: etfs.map(toEtf),
  };
}
