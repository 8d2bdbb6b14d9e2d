import { expect } from 'chai';
import { measureRankings } from '../../../../../phases/cache-sync/universes/rules/measure-rankings.js';
import { marketLeaders } from '../../../../../phases/cache-sync/universes/rules/market-leaders.js';
import type { PastMeasures } from '../../../../../phases/cache-sync/valuation/past-measures.js';
import { PipelineError } from '../../../../../src/core/errors.js';
import { configOf, marketOf, MONDAY, selectSymbols, TUESDAY, type Listing } from '../../../../support/market.js';

/** Dollar volumes: A 1,000, B 4,000, C 4,000, D 90. */
const STOCKS: readonly Listing[] = [
  { symbol: 'A', cap: 9e9, close: 10, volume: 100 },
  { symbol: 'B', cap: 5e9, close: 4, volume: 1000 },
  { symbol: 'C', cap: 7e9, close: 40, volume: 100 },
  { symbol: 'D', cap: 1e9, close: 0.9, volume: 100 },
  { symbol: 'NEITHER', type: 'ETF', close: 400, volume: 1e6 },
];

/** One ranking of all stocks, parts of it replaced. */
function rankingOf(parts: Record<string, unknown>) {
  return configOf({ universes: { rankings: [{ key: 'measured', title: 'Measured', size: 9, ...parts }] } });
}

async function select(parts: Record<string, unknown>, stocks = STOCKS): Promise<string[] | undefined> {
  return selectSymbols(measureRankings, await marketOf(stocks), rankingOf(parts))['measured'];
}

describe('rankings by a measure', () => {
  it('are of the highest first, of equal figures the larger market cap', async () => {
    expect(await select({ measure: 'dollarVolume' })).to.deep.equal(['C', 'B', 'A', 'D']);
    expect(await select({ measure: 'volume' })).to.deep.equal(['B', 'A', 'C', 'D']);
    expect(await select({ measure: 'price', size: 2 })).to.deep.equal(['C', 'A']);
    expect(await select({ measure: 'marketCap' })).to.deep.equal(['A', 'C', 'B', 'D']);
  });

  it('are of the lowest first when that is asked for, of equal figures the larger market cap', async () => {
    expect(await select({ measure: 'dollarVolume', order: 'lowest' })).to.deep.equal(['D', 'A', 'C', 'B']);
  });

  it('leave out what is below a minimum, and what is at it is in', async () => {
    const measure = 'dollarVolume';

    expect(await select({ measure, minPriceUsd: 4 })).to.deep.equal(['C', 'B', 'A']);
    expect(await select({ measure, minPriceUsd: 4.01 })).to.deep.equal(['C', 'A']);
    expect(await select({ measure, minMarketCapUsd: 7e9 })).to.deep.equal(['C', 'A']);
    expect(await select({ measure, minDollarVolumeUsd: 1000 })).to.deep.equal(['C', 'B', 'A']);
  });

  it('leave out a stock without a bar of the session, and one whose ticker another company has taken', async () => {
    const market = await marketOf(STOCKS, TUESDAY);
    const stale = market.stocks.map((stock) => (stock.symbol === 'A' ? { ...stock, priceSession: MONDAY } : stock));

    const selected = selectSymbols(
      measureRankings,
      { ...market, stocks: stale, taken: new Set(['B']) },
      rankingOf({ measure: 'price' }),
    );

    expect(selected).to.deep.equal({ measured: ['C', 'D'] });
  });

  it('take figures over several sessions under the former ticker, and leave out who has none', async () => {
    const figures: Readonly<Record<string, number>> = {
      'return 20 A ': -3,
      'return 20 C OLDC': 12.5,
      'return 20 D ': 0,
    };
    const pastMeasures: PastMeasures = {
      valueOf: ({ name, sessions }, symbol, former = '') => figures[`${name} ${sessions} ${symbol} ${former}`] ?? null,
    };
    const market = await marketOf(STOCKS);
    const renames = new Map([['C', { from: 'OLDC', to: 'C' }]]) as unknown as typeof market.renames;

    const [universe] = measureRankings.select(
      { ...market, pastMeasures, renames },
      rankingOf({ measure: 'return', sessions: 20, size: 1 }),
    );

    expect(universe?.members.map(({ symbol }) => symbol)).to.deep.equal(['C']);
    expect(universe?.limits).to.deep.equal({
      kind: 'measure',
      measure: 'return',
      sessions: 20,
      order: 'highest',
      size: 1,
      candidates: 3,
      figures: [
        ['C', 12.5],
        ['D', 0],
      ],
    });
    expect(universe?.policy).to.deep.equal({
      rule: 'measure',
      measure: 'return',
      size: 1,
      order: 'highest',
      sessions: 20,
    });
  });

  it('are not among those by market cap', async () => {
    const both = configOf({
      universes: {
        rankings: [
          { key: 'top_2', title: 'Top 2', size: 2 },
          { key: 'liquid', title: 'Liquid', size: 2, measure: 'dollarVolume' },
        ],
      },
    });
    const market = await marketOf(STOCKS);

    expect(selectSymbols(marketLeaders, market, both)).to.deep.equal({ top_2: ['A', 'C'] });
    expect(selectSymbols(measureRankings, market, both)).to.deep.equal({ liquid: ['C', 'B'] });
  });

  const REFUSED: Readonly<Record<string, readonly [parts: Record<string, unknown>, problem: string]>> = {
    'a measure that there is not': [{ measure: 'beauty' }, 'measure'],
    'a return without its sessions': [
      { measure: 'return' },
      'a ranking by return needs a number of sessions, at least 1',
    ],
    'a volatility over four sessions': [{ measure: 'volatility', sessions: 4 }, 'at least 5'],
    'sessions of a price': [{ measure: 'price', sessions: 5 }, 'is for the measures return and volatility'],
    'companies by volume': [{ measure: 'volume', by: 'company' }, 'counts every share class'],
    'a minimum of a ranking by market cap': [{ minPriceUsd: 5 }, 'needs a measure: marketCap, dollarVolume'],
    'an order of a ranking by market cap': [{ order: 'lowest' }, 'needs a measure'],
  };
  for (const [what, [parts, problem]] of Object.entries(REFUSED)) {
    it(`refuse ${what}`, () => {
      expect(() => rankingOf(parts))
        .to.throw(PipelineError, problem)
        .with.property('code', 'EOD_CONFIG_INVALID');
    });
  }
});
