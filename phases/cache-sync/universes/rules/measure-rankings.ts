import {
  describeMeasure,
  formatMeasure,
  type MeasureLimits,
  type MeasureName,
} from '../../../../src/core/ranking-measures.js';
import { isMeasured, measure, type MeasuredRanking } from '../measures.js';
import type { Universe, UniverseRule } from '../rule.js';
import type { Market, Stock } from '../../valuation/market.js';

const IDENTITY = { type: 'stock_universe', name: 'measure_rankings' };

/** How many that are no members are stored with their figures: what a person asks why for is near the end of a ranking. */
const FOLLOWING = 100;

/**
 * The first N stocks by a measure other than market cap, for each ranking that has one.
 *
 * Edges: of equal figures the larger market cap is first. A stock without a bar of the session has no measure. The largest moves of a day are
 *        others on the next one: how many members are exchanged is not judged.
 */
export const measureRankings: UniverseRule = {
  id: 'measure-rankings',
  version: 1,
  task: 'market_cap_recalculation',
  matchesUniverse: ({ type, name }) => type === IDENTITY.type && name === IDENTITY.name,
  whenNotSelected: () => ({ reason: 'RANKING_REMOVED', by: 'configuration' }),
  select: (market, { universes: { rankings } }) =>
    rankings.filter(isMeasured).map((ranking) => toUniverse(ranking, market)),
};

/** What stocks pass before they are ordered, in this order; each with the words for those that do not. */
export function listFilters(
  { minPriceUsd, minMarketCapUsd, minDollarVolumeUsd }: MeasuredRanking,
  { session, taken }: Market,
): { readonly removes: string; readonly keeps: (stock: Stock) => boolean }[] {
  const atLeast = (name: MeasureName, minimum: number | undefined, figureOf: (stock: Stock) => number | null) =>
    minimum === undefined
      ? []
      : [
          {
            removes: `${describeMeasure(name, null)} under ${formatMeasure(name, minimum)}`,
            keeps: (stock: Stock) => (figureOf(stock) ?? -1) >= minimum,
          },
        ];
  return [
    {
      removes: 'no bar of the session, or another company has taken the ticker',
      keeps: ({ priceSession, symbol }) => priceSession === session && !taken.has(symbol),
    },
    ...atLeast('price', minPriceUsd, ({ close }) => close),
    ...atLeast('marketCap', minMarketCapUsd, ({ marketCapUsd }) => marketCapUsd),
    ...atLeast('dollarVolume', minDollarVolumeUsd, ({ dollarVolumeUsd }) => dollarVolumeUsd),
  ];
}

/** The stocks that pass, with their figures, the first one first. */
function rankByMeasure(ranking: MeasuredRanking, market: Market): { readonly stock: Stock; readonly figure: number }[] {
  const filters = listFilters(ranking, market);
  const sign = ranking.order === 'lowest' ? 1 : -1;
  return market.stocks
    .filter((stock) => filters.every((filter) => filter.keeps(stock)))
    .flatMap((stock) => {
      const figure = measure(ranking, stock, market);
      return figure === null || !Number.isFinite(figure) ? [] : [{ stock, figure }];
    })
    .sort((left, right) => sign * (left.figure - right.figure));
}

function toUniverse(ranking: MeasuredRanking, market: Market): Universe {
  const { key, title, size, measure: name, sessions, order = 'highest' } = ranking;
  const { minPriceUsd, minMarketCapUsd, minDollarVolumeUsd } = ranking;
  const ranked = rankByMeasure(ranking, market);
  const limits: MeasureLimits = {
    kind: 'measure',
    measure: name,
    sessions: sessions ?? null,
    order,
    size,
    candidates: ranked.length,
    figures: ranked.slice(0, size + Math.min(size, FOLLOWING)).map(({ stock, figure }) => [stock.symbol, figure]),
  };
  return {
    ...IDENTITY,
    key,
    title,
    cacheType: 'market_leader',
    form: { kind: 'stock-list' },
    policy: {
      rule: 'measure',
      measure: name,
      size,
      order,
      ...(sessions !== undefined && { sessions }),
      ...(minPriceUsd !== undefined && { minPriceUsd }),
      ...(minMarketCapUsd !== undefined && { minMarketCapUsd }),
      ...(minDollarVolumeUsd !== undefined && { minDollarVolumeUsd }),
    },
    members: ranked.slice(0, size).map(({ stock }) => stock),
    limits,
    reasons: { added: 'MEASURE_IN', removed: 'MEASURE_OUT' },
    whenEmpty: 'hold',
    turnover: 'any',
  };
}
