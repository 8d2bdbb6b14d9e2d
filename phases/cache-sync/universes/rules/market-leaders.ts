import type { BandingConfig, UniversesConfig } from '../../../../src/config/schema/index.js';
import { selectBandedRanking, toBandedName, toRankBuffer } from '../banding.js';
import { toRankLimits, type RankBuffer } from '../limits.js';
import { isMeasured } from '../measures.js';
import type { Market, Stock } from '../../valuation/market.js';
import type { Universe, UniverseRule } from '../rule.js';
import { listClasses, toPolicy } from '../by-company.js';

type RankingConfig = UniversesConfig['rankings'][number];

const IDENTITY = { type: 'stock_universe', name: 'market_leaders' };

/** The first N stocks by market cap, for each configured N; with a buffer around the cut-off where one is configured. */
export const marketLeaders: UniverseRule = {
  id: 'market-leaders',
  version: 1,
  task: 'market_cap_recalculation',
  matchesUniverse: ({ type, name }) => type === IDENTITY.type && name === IDENTITY.name,
  whenNotSelected: () => ({ reason: 'RANKING_REMOVED', by: 'configuration' }),
  select(market, { universes: { rankings, banding } }) {
    return rankings.flatMap((ranking) => {
      if (isMeasured(ranking)) return [];
      const buffer = banding.find(({ universe }) => universe === ranking.key);
      const strict = toUniverse(ranking, listRanked(ranking, market).slice(0, ranking.size), market);
      if (buffer === undefined) return [strict];
      if (buffer.publish === 'banded') return [toBanded(ranking, ranking, buffer, market)];
      return [strict, toBanded(ranking, toBandedName(ranking), buffer, market)];
    });
  },
};

function listRanked({ by }: RankingConfig, { stocks, companies }: Market): readonly Stock[] {
  return by === 'company' ? companies : stocks;
}

function toUniverse(ranking: RankingConfig, members: readonly Stock[], market: Market, buffer?: RankBuffer): Universe {
  const { key, title, size, by } = ranking;
  return {
    ...IDENTITY,
    key,
    title,
    cacheType: 'market_leader',
    form: { kind: 'stock-list' },
    policy: { rule: 'ranking', of: 'all', size, ...toPolicy(by) },
    members,
    ...listClasses(by, market),
    limits: toRankLimits(listRanked(ranking, market), {
      of: by === 'company' ? 'companies' : 'stocks',
      size,
      ...(buffer && { buffer }),
    }),
    reasons: { added: 'RANK_IN', removed: 'RANK_OUT' },
    whenEmpty: 'hold',
  };
}

/** Stocks that are in only by the buffer have that reason when they join, and stocks that are out only by the buffer when they leave. */
function toBanded(
  { size, by }: RankingConfig,
  { key, title }: Pick<RankingConfig, 'key' | 'title'>,
  buffer: BandingConfig,
  market: Market,
): Universe {
  const before = market.past.membersOf({ ...IDENTITY, key });
  const members = selectBandedRanking(market, size, before, buffer);
  const isMember = new Set(members);
  const { inRatio, outRatio, minStaySessions } = buffer;
  const strict = toUniverse({ key, title, size, by }, members, market, toRankBuffer(size, buffer));
  return {
    ...strict,
    policy: { ...strict.policy, banding: { inRatio, outRatio, minStaySessions } },
    memberReasons: new Map([
      ...members.filter(({ rank }) => (rank ?? 0) > size).map(({ symbol }): [string, string] => [symbol, 'BANDING_IN']),
      ...market.stocks
        .slice(0, size)
        .filter((stock) => !isMember.has(stock))
        .map(({ symbol }): [string, string] => [symbol, 'BANDING_OUT']),
    ]),
  };
}
