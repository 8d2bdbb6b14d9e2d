import { expect } from 'chai';
import type { Listing } from '../../../support/market.js';
import { compare, open } from './compare-fixture.js';

describe('comparing memberships', () => {
  it('gives a universe seen for the first time one reason for all its members', async () => {
    const { all } = await compare([{ symbol: 'NVDA', cap: 4e12 }], []);

    expect(new Set(all.map((change) => `${change.action} ${change.reason}`))).to.deep.equal(
      new Set(['added FIRST_PUBLISH']),
    );
  });

  it("explains a move between bands by the rule, with the symbol's figures", async () => {
    const before = [
      open('stock_universe', 'market_cap', 'mega_cap', ['BIG', 'FELL']),
      open('stock_universe', 'market_cap', 'large_cap', ['OTHER']),
    ];

    const { changes, all } = await compare(
      [
        { symbol: 'BIG', cap: 3e11 },
        { symbol: 'FELL', cap: 1e11, sector: 'Energy' },
        { symbol: 'OTHER', cap: 5e10 },
      ],
      before,
    );

    expect(changes).to.deep.equal([
      ['stock_universe/market_cap/mega_cap', 'FELL', 'removed', 'CAP_LEFT_BAND'],
      ['stock_universe/market_cap/large_cap', 'FELL', 'added', 'CAP_ENTERED_BAND'],
    ]);
    expect(all.find((change) => change.action === 'removed')?.detail).to.deep.equal({
      rank: 2,
      market_cap: 1e11,
      sector: 'Energy',
    });
  });

  for (const [why, listing, reason] of [
    ['is not in the market any more', null, 'INACTIVE'],
    ['lost its market cap', { symbol: 'X', close: null }, 'NO_MARKET_CAP'],
    ['turned out not to be common stock', { symbol: 'X', cap: 3e11, type: 'PFD' }, 'NOT_COMMON'],
    ['is not listed yet', { symbol: 'X', cap: 3e11, listDate: '2026-07-01' }, 'NOT_LISTED_YET'],
  ] as const) {
    it(`explains the removal of a stock that ${why} by that`, async () => {
      const stay = { symbol: 'STAY', cap: 3e11 };
      const before = [open('stock_universe', 'market_cap', 'mega_cap', ['STAY', 'X'])];

      const { changes } = await compare(listing === null ? [stay] : [stay, listing], before);

      expect(changes).to.deep.equal([['stock_universe/market_cap/mega_cap', 'X', 'removed', reason]]);
    });
  }

  it('explains a removal from a theme by the theme unless the symbol left the market', async () => {
    const before = [open('stock_universe', 'themes', 'chips', ['NVDA', 'TSM', 'UNLISTED', 'NOCAP', 'GONE', 'FUND'])];

    const { changes } = await compare(
      [
        { symbol: 'NVDA', cap: 4e12 },
        { symbol: 'UNLISTED', cap: 1e9, type: 'ADRC' },
        { symbol: 'NOCAP', close: null },
        { symbol: 'FUND', type: 'FUND' },
      ],
      before,
    );

    expect(changes).to.have.deep.members([
      ['stock_universe/themes/chips', 'TSM', 'removed', 'INACTIVE'],
      ['stock_universe/themes/chips', 'UNLISTED', 'removed', 'THEME_UNLISTED'],
      ['stock_universe/themes/chips', 'NOCAP', 'removed', 'THEME_UNLISTED'],
      ['stock_universe/themes/chips', 'GONE', 'removed', 'INACTIVE'],
      ['stock_universe/themes/chips', 'FUND', 'removed', 'NOT_COMMON'],
    ]);
  });

  it('holds a universe whose selection is empty and which had members', async () => {
    const before = [
      open('stock_universe', 'market_cap', 'mega_cap', ['A']),
      open('stock_universe', 'market_cap', 'large_cap', []),
      open('etf_universe', 'All ETFs', 'etf_all', ['SPY']),
    ];

    const { changes, held, published } = await compare([{ symbol: 'A', cap: 1e9 }], before);

    expect(held).to.deep.equal([
      ['stock_universe/market_cap/mega_cap', 'empty-selection', 0, 1],
      ['etf_universe/All ETFs/etf_all', 'empty-selection', 0, 1],
    ]);
    expect(changes).to.deep.equal([]);
    expect(published)
      .to.include('stock_universe/market_cap/large_cap')
      .and.not.include('etf_universe/All ETFs/etf_all');
  });

  it('publishes an empty selection of recent IPOs: there can be none', async () => {
    const before = [open('stock_universe', 'ipo', 'recent_ipos', ['OLD'])];

    const { changes, held } = await compare([{ symbol: 'OLD', cap: 1e9, listDate: '2020-01-02' }], before);

    expect(held).to.deep.equal([]);
    expect(changes).to.deep.equal([['stock_universe/ipo/recent_ipos', 'OLD', 'removed', 'IPO_SEASONED']]);
  });

  it('publishes an empty selection when forced', async () => {
    const before = [open('stock_universe', 'market_cap', 'mega_cap', ['A'])];

    const { changes, held } = await compare([{ symbol: 'A', cap: 1e9 }], before, { force: true });

    expect(held).to.deep.equal([]);
    expect(changes).to.deep.equal([['stock_universe/market_cap/mega_cap', 'A', 'removed', 'CAP_LEFT_BAND']]);
  });

  it('holds a sector that is gone, and retires it when forced', async () => {
    const before = [
      open('stock_universe', 'sector_leaders', 'top_10_energy', ['XOM']),
      open('stock_universe', 'sector_leaders', 'top_10_utilities', ['NEE']),
    ];
    const market = [
      { symbol: 'XOM', cap: 5e11, sector: 'Energy' },
      { symbol: 'NEE', cap: 1e11, sector: null },
    ];

    const careful = await compare(market, before);
    const forced = await compare(market, before, { force: true });

    expect(careful).to.deep.include({
      held: [['stock_universe/sector_leaders/top_10_utilities', 'empty-selection', 0, 1]],
      retired: [],
      changes: [],
    });
    expect(forced).to.deep.include({
      held: [],
      retired: ['stock_universe/sector_leaders/top_10_utilities'],
      changes: [['stock_universe/sector_leaders/top_10_utilities', 'NEE', 'removed', 'UNIVERSE_ABSENT']],
    });
  });

  it('retires an industry that fell out, but holds all of them when no industry is left', async () => {
    const before = [
      open('stock_universe', 'industry', 'banks', ['A', 'B', 'C']),
      open('stock_universe', 'industry', 'software', ['D', 'E', 'F']),
    ];
    const inIndustry = (industry: string | null, symbols: string): Listing[] =>
      Array.from(symbols, (symbol) => ({ symbol, cap: 1e9, industry }));

    const one = await compare([...inIndustry('Banks', 'ABC'), ...inIndustry(null, 'DEF')], before);
    const none = await compare(inIndustry(null, 'ABCDEF'), before);

    expect(one.retired).to.deep.equal(['stock_universe/industry/software']);
    expect(one.changes.map(([, symbol, , reason]) => [symbol, reason])).to.deep.equal([
      ['D', 'INDUSTRY_NOT_AMONG_LARGEST'],
      ['E', 'INDUSTRY_NOT_AMONG_LARGEST'],
      ['F', 'INDUSTRY_NOT_AMONG_LARGEST'],
    ]);
    expect(none.retired).to.deep.equal([]);
    expect(none.held.map(([name]) => name)).to.deep.equal([
      'stock_universe/industry/banks',
      'stock_universe/industry/software',
    ]);
  });

  it('holds a theme that the configuration no longer has, and retires it once a person has confirmed that', async () => {
    const before = [open('stock_universe', 'themes', 'old', ['NVDA']), open('stock_universe', 'themes', 'none', [])];
    const market = [{ symbol: 'NVDA', cap: 4e12 }];

    const asked = await compare(market, before);
    const confirmed = await compare(market, before, { force: true });

    expect(asked.retired).to.deep.equal(['stock_universe/themes/none']);
    expect(asked.changes).to.deep.equal([]);
    expect(asked.held.map(([name]) => name)).to.deep.equal(['stock_universe/themes/old']);
    expect(confirmed.retired).to.have.members(['stock_universe/themes/old', 'stock_universe/themes/none']);
    expect(confirmed.changes).to.deep.equal([['stock_universe/themes/old', 'NVDA', 'removed', 'THEME_REMOVED']]);
  });
});
