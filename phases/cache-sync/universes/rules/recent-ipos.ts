import { Temporal } from 'temporal-polyfill';
import type { UniversesConfig } from '../../../../src/config/schema/index.js';
import { compareRanks, type Market, type Valued } from '../../valuation/market.js';
import type { Universe, UniverseRule } from '../rule.js';

type RecentIposConfig = UniversesConfig['recentIpos'];

const ALL_KEY = 'recent_ipos';

/**
 * Stocks listed within the last days, including the session: all of them, and those of each group of sectors. A new listing needs no market
 * cap, which many feeds have some sessions late; those without one are listed last. While it may be a security that left under another ticker,
 * it waits for its cap.
 *
 * Edges: there may be none: then a universe is empty, not held. The universes of the groups are always selected, so that they are not
 *        created and retired repeatedly.
 */
export const recentIpos: UniverseRule = {
  id: 'recent-ipos',
  version: 4,
  task: 'ipo_universe_assignment',
  matchesUniverse: ({ type, name }) => type === 'stock_universe' && name === 'ipo',
  whenNotSelected: ({ key }) => (key === ALL_KEY ? 'hold' : { reason: 'IPO_GROUP_REMOVED', by: 'configuration' }),
  select(market, config) {
    const settings = config.universes.recentIpos;
    const { members, memberReasons } = findRecent(market, settings.days);
    const toUniverse = (key: string, title: string, stocks: readonly Valued[]): Universe => ({
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
  /** In rank order, then those without a market cap. */
  readonly members: readonly Valued[];
  /** Reasons of stocks that are recent without a list date that says so. */
  readonly memberReasons: ReadonlyMap<string, string>;
}

function findRecent({ session, securities, newListings, tickerSince, undecided }: Market, days: number): Recent {
  const earliest = Temporal.PlainDate.from(session).subtract({ days }).toString();
  // Some sources take the first day under another ticker for a listing.
  const isListed = ({ symbol, listDate }: Valued): boolean =>
    listDate !== null && listDate >= earliest && listDate !== tickerSince.get(symbol);
  // Eligible, or a stock of which only the market cap is missing; and no security that may have left under another ticker.
  const isStock = ({ symbol, rank, exclusion }: Valued): boolean =>
    (rank !== null || exclusion === 'NO_MARKET_CAP') && !undecided.has(symbol);
  const members: Valued[] = [];
  const memberReasons = new Map<string, string>();
  for (const [symbol, listing] of newListings) {
    const security = securities.get(symbol);
    if (listing.session < earliest || security === undefined || !isStock(security) || isListed(security)) continue;
    memberReasons.set(symbol, listing.reason);
    members.push(security);
  }
  for (const security of securities.values()) if (isListed(security) && isStock(security)) members.push(security);
  return { members: members.sort(compareRanks), memberReasons };
}

function pickReasons(stocks: readonly Valued[], reasons: ReadonlyMap<string, string>): Map<string, string> {
  const own = stocks.map(({ symbol }): [string, string | undefined] => [symbol, reasons.get(symbol)]);
  return new Map(own.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** A stock that is still recent and in another group is not seasoned: its sector or its market cap has changed. */
function toGroupReasons(
  stocks: readonly Valued[],
  recent: readonly Valued[],
  reasons: ReadonlyMap<string, string>,
): Map<string, string> {
  const inside = new Set(stocks);
  const outside = recent.filter((stock) => !inside.has(stock)).map(({ symbol }) => [symbol, 'IPO_REGROUPED'] as const);
  return new Map([...outside, ...pickReasons(stocks, reasons)]);
}

/** One entry per key, in the order of the configuration, each with its stocks in rank order. A key may be in several groups. */
function groupStocks(stocks: readonly Valued[], { groups, fallback }: RecentIposConfig): [string, Valued[]][] {
  const keys = groups.flatMap((group) => group.keys);
  if (fallback) keys.push(fallback.above, fallback.below);
  const members = new Map(keys.map((key): [string, Valued[]] => [key, []]));
  const bySectors = groups.map(({ sectors, keys }) => ({ words: sectors.map((word) => word.toLowerCase()), keys }));
  for (const stock of stocks) {
    const sector = stock.sector?.toLowerCase() ?? '';
    const group = bySectors.find(({ words }) => words.some((word) => sector.includes(word)));
    for (const key of group?.keys ?? toFallback(stock, fallback)) members.get(key)?.push(stock);
  }
  return [...members];
}

/** The band of size, for stocks with a market cap. */
function toFallback({ marketCapUsd }: Valued, fallback: RecentIposConfig['fallback']): string[] {
  if (fallback === undefined || marketCapUsd === null) return [];
  return [marketCapUsd > fallback.minUsd ? fallback.above : fallback.below];
}

/** `tech_growth` → `Tech Growth IPOs` */
function toTitle(key: string): string {
  const words = key.split('_').filter((word) => word !== '');
  return [...words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`), 'IPOs'].join(' ');
}
