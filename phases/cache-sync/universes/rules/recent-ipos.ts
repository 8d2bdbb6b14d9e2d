import { Temporal } from 'temporal-polyfill';
import type { UniversesConfig } from '../../../../src/config/schema/index.js';
import type { Market, Stock } from '../../valuation/market.js';
import type { Universe, UniverseRule } from '../rule.js';

type RecentIposConfig = UniversesConfig['recentIpos'];

const ALL_KEY = 'recent_ipos';

/**
 * Stocks listed within the last days, including the session: all of them, and those of each group of sectors.
 *
 * Edges: there may be none: then a universe is empty, not held. The universes of the groups are always selected, so that they are not
 *        created and retired repeatedly.
 */
export const recentIpos: UniverseRule = {
  id: 'recent-ipos',
  version: 2,
  task: 'ipo_universe_assignment',
  matchesUniverse: ({ type, name }) => type === 'stock_universe' && name === 'ipo',
  whenNotSelected: ({ key }) => (key === ALL_KEY ? 'hold' : { reason: 'IPO_GROUP_REMOVED' }),
  select(market, config) {
    const settings = config.universes.recentIpos;
    const { members, memberReasons } = findRecent(market, settings.days);
    const toUniverse = (key: string, title: string, stocks: readonly Stock[]): Universe => ({
      type: 'stock_universe',
      name: 'ipo',
      key,
      title,
      cacheType: 'ipo',
      form: { kind: 'stock-list' },
      policy: { rule: 'recent-ipo', days: settings.days, ...(key !== ALL_KEY && { group: key }) },
      members: stocks,
      reasons: { added: 'IPO_LISTED', removed: 'IPO_SEASONED' },
      memberReasons:
        key === ALL_KEY ? pickReasons(stocks, memberReasons) : toGroupReasons(stocks, members, memberReasons),
      whenEmpty: market.stocks.length === 0 ? 'hold' : 'allow',
    });
    const groups = groupStocks(members, settings);
    return [
      toUniverse(ALL_KEY, 'Recent IPOs', members),
      ...groups.map(([key, stocks]) => toUniverse(key, toTitle(key), stocks)),
    ];
  },
};

interface Recent {
  /** In rank order. */
  readonly members: readonly Stock[];
  /** Reasons of stocks that are recent without a list date that says so. */
  readonly memberReasons: ReadonlyMap<string, string>;
}

/** There are few new listings: they are looked up in the market, not the market in them. */
function findRecent({ session, stocks, securities, newListings, tickerSince }: Market, days: number): Recent {
  const earliest = Temporal.PlainDate.from(session).subtract({ days }).toString();
  // Some sources take the first day under another ticker for a listing.
  const isListed = ({ symbol, listDate }: Pick<Stock, 'symbol' | 'listDate'>): boolean =>
    listDate !== null && listDate >= earliest && listDate !== tickerSince.get(symbol);
  const memberReasons = new Map<string, string>();
  for (const [symbol, listing] of newListings) {
    const security = securities.get(symbol);
    if (listing.session < earliest || security === undefined || security.rank === null || isListed(security)) continue;
    memberReasons.set(symbol, listing.reason);
  }
  const others = Array.from(memberReasons.keys(), (symbol) => stocks[(securities.get(symbol)?.rank ?? 0) - 1]);
  const members = [...stocks.filter(isListed), ...others.filter((stock) => stock !== undefined)];
  return { members: members.sort((left, right) => (left.rank ?? 0) - (right.rank ?? 0)), memberReasons };
}

function pickReasons(stocks: readonly Stock[], reasons: ReadonlyMap<string, string>): Map<string, string> {
  const own = stocks.map(({ symbol }): [string, string | undefined] => [symbol, reasons.get(symbol)]);
  return new Map(own.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** A stock that is still recent and in another group is not seasoned: its sector or its market cap has changed. */
function toGroupReasons(
  stocks: readonly Stock[],
  recent: readonly Stock[],
  reasons: ReadonlyMap<string, string>,
): Map<string, string> {
  const inside = new Set(stocks);
  const outside = recent.filter((stock) => !inside.has(stock)).map(({ symbol }) => [symbol, 'IPO_REGROUPED'] as const);
  return new Map([...outside, ...pickReasons(stocks, reasons)]);
}

/** One entry per key, in the order of the configuration, each with its stocks in rank order. A key may be in several groups. */
function groupStocks(stocks: readonly Stock[], { groups, fallback }: RecentIposConfig): [string, Stock[]][] {
  const keys = groups.flatMap((group) => group.keys);
  if (fallback) keys.push(fallback.above, fallback.below);
  const members = new Map(keys.map((key): [string, Stock[]] => [key, []]));
  const bySectors = groups.map(({ sectors, keys }) => ({ words: sectors.map((word) => word.toLowerCase()), keys }));
  for (const stock of stocks) {
    const sector = stock.sector?.toLowerCase() ?? '';
    const group = bySectors.find(({ words }) => words.some((word) => sector.includes(word)));
    for (const key of group?.keys ?? toFallback(stock, fallback)) members.get(key)?.push(stock);
  }
  return [...members];
}

function toFallback({ marketCapUsd }: Stock, fallback: RecentIposConfig['fallback']): string[] {
  if (fallback === undefined) return [];
  return [marketCapUsd > fallback.minUsd ? fallback.above : fallback.below];
}

/** `tech_growth` → `Tech Growth IPOs` */
function toTitle(key: string): string {
  const words = key.split('_').filter((word) => word !== '');
  return [...words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`), 'IPOs'].join(' ');
}
