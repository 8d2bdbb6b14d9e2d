import { expect } from 'chai';
import { etfCategories } from '../../../../../phases/cache-sync/universes/rules/etf-categories.js';
import { configOf, marketOf, selectSymbols, symbolsOf, type Listing } from '../../../../support/market.js';

const etf = (symbol: string, facts: Partial<Listing> = {}): Listing => ({ symbol, type: 'ETF', ...facts });

describe('ETF categories', () => {
  const config = configOf({
    universes: {
      etfCategories: [
        {
          key: 'etf_growth',
          title: 'Growth ETFs',
          types: ['Large Growth'],
          nameWords: ['Growth', 'C++ (Plus)'],
          excludeWords: ['Bull', '2X'],
          symbols: ['VUG', 'AAPL'],
        },
      ],
    },
  });
  const growth = async (listings: Listing[]): Promise<string[] | undefined> =>
    selectSymbols(etfCategories, await marketOf(listings), config)['etf_growth'];

  it('take in an ETF by its type, whatever the case', async () => {
    const found = await growth([etf('A', { etfType: 'large growth' }), etf('B', { etfType: 'Large Growth Plus' })]);

    expect(found).to.deep.equal(['A']);
  });

  it('take in an ETF by a whole word of its name, whatever the case', async () => {
    const found = await growth([
      etf('A', { name: 'US GROWTH Fund' }),
      etf('B', { name: 'Outgrowth Fund' }),
      etf('C', { name: 'Growth-tilted Fund' }),
      etf('D', { name: 'Growthy Fund' }),
      etf('E', { name: 'The c++ (plus) fund' }),
    ]);

    expect(found).to.deep.equal(['A', 'C', 'E']);
  });

  it('keep out a name with an excluded word, also one of a fitting type, but never a curated symbol', async () => {
    const found = await growth([
      etf('BULL', { name: 'Growth Bull 2X Shares' }),
      etf('TYPED', { name: 'Daily 2x Shares', etfType: 'Large Growth' }),
      etf('VUG', { name: 'Growth Bull Fund' }),
      etf('BULLISH', { name: 'Bullish Growth' }),
    ]);

    expect(found).to.deep.equal(['BULLISH', 'VUG']);
  });

  it('take in curated symbols only where they are ETFs', async () => {
    expect(await growth([{ symbol: 'AAPL', cap: 3e12 }, etf('VUG')])).to.deep.equal(['VUG']);
  });

  it('are in the order of dollar volume, then symbol, and etf_all has every ETF', async () => {
    const market = await marketOf([
      etf('B', { name: 'Growth', volume: 10 }),
      etf('Z', { name: 'Growth', volume: 11 }),
      etf('A', { name: 'Growth', volume: 10 }),
      etf('NOBAR', { name: 'Growth', close: null }),
      etf('OTHER', { volume: 99 }),
      etf('SOON', { listDate: '2026-06-23' }),
      { symbol: 'STOCK', cap: 1e9 },
    ]);

    expect(selectSymbols(etfCategories, market, config)).to.deep.equal({
      etf_growth: ['Z', 'A', 'B', 'NOBAR'],
      etf_all: ['OTHER', 'Z', 'A', 'B', 'NOBAR'],
    });
  });

  it('are in the order of assets where they are known, and those of unknown assets come after them', async () => {
    const market = await marketOf([
      etf('BUSY', { volume: 9000 }),
      etf('SMALL', { aumMillions: 10, volume: 500 }),
      etf('LARGE', { aumMillions: 900, volume: 5 }),
      etf('EQUAL', { aumMillions: 10, volume: 501 }),
      etf('ZERO', { aumMillions: 0, volume: 9001 }),
    ]);

    expect(selectSymbols(etfCategories, market, config)['etf_all']).to.deep.equal([
      'LARGE',
      'EQUAL',
      'SMALL',
      'ZERO',
      'BUSY',
    ]);
  });

  it('keep out what is known to be small and what hardly trades, but never a curated symbol', async () => {
    const limited = configOf({
      universes: {
        etfCategories: [
          {
            key: 'etf_growth',
            title: 'Growth ETFs',
            nameWords: ['Growth'],
            symbols: ['CURATED'],
            minAumMillions: 50,
            minDollarVolumeUsd: 1000,
          },
        ],
      },
    });
    const market = await marketOf([
      etf('LARGE', { name: 'Growth', aumMillions: 50, close: 10, volume: 100 }),
      etf('SMALL', { name: 'Growth', aumMillions: 49.9, close: 10, volume: 100 }),
      etf('UNKNOWN', { name: 'Growth', aumMillions: null, close: 10, volume: 101 }),
      etf('QUIET', { name: 'Growth', aumMillions: 900, close: 10, volume: 99 }),
      etf('NOBAR', { name: 'Growth', aumMillions: 900, close: null }),
      etf('CURATED', { name: 'Growth', aumMillions: 1, close: 10, volume: 1 }),
    ]);

    const [growth] = etfCategories.select(market, limited);

    expect(symbolsOf(growth)).to.deep.equal(['LARGE', 'CURATED', 'UNKNOWN']);
    expect(growth?.policy).to.deep.equal({
      rule: 'etf',
      types: [],
      nameWords: ['Growth'],
      excludeWords: [],
      symbols: ['CURATED'],
      minAumMillions: 50,
      minDollarVolumeUsd: 1000,
    });
  });

  it('of the shipped configuration sort well-known funds as their issuers describe them', async () => {
    const market = await marketOf([
      etf('SPY', { name: 'SPDR S&P 500 ETF Trust' }),
      etf('AGG', { name: 'iShares Core U.S. Aggregate Bond ETF' }),
      etf('TQQQ', { name: 'ProShares UltraPro QQQ 3X' }),
      etf('GDX', { name: 'VanEck Gold Miners ETF' }),
      etf('GLD', { name: 'SPDR Gold Shares' }),
      etf('VEA', { name: 'Vanguard FTSE Developed Markets ETF' }),
    ]);

    const selected = selectSymbols(etfCategories, market, configOf());

    expect(selected['etf_broad_market']).to.deep.equal(['SPY']);
    expect(selected['etf_bonds']).to.deep.equal(['AGG']);
    expect(selected['etf_commodities']).to.deep.equal(['GLD']);
    expect(selected['etf_international']).to.deep.equal(['VEA']);
    expect(selected['etf_all']).to.have.members(['SPY', 'AGG', 'TQQQ', 'GDX', 'GLD', 'VEA']);
  });
});
