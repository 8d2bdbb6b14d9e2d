import { expect } from 'chai';
import { themes } from '../../../../../phases/cache-sync/universes/rules/themes.js';
import type { Universe } from '../../../../../phases/cache-sync/universes/rule.js';
import type { ConfigInput } from '../../../../../src/config/schema/index.js';
import { configOf, marketOf, MONDAY, selectSymbols, symbolsOf, type Listing } from '../../../../support/market.js';
import { type PastMembers, withMembers } from '../../../../support/past.js';

describe('themes', () => {
  const config = configOf({
    themes: [{ key: 'chips', title: 'Chips', symbols: ['TSM', 'NVDA', 'GONE', 'SOXX', 'AMD', 'SOON', 'INTC', 'PREF'] }],
  });

  it('hold listed stocks and depositary receipts by market cap, dollar volume and symbol', async () => {
    const market = await marketOf([
      { symbol: 'INTC', cap: 2e11, volume: 5 },
      { symbol: 'AMD', cap: 2e11, volume: 6 },
      { symbol: 'TSM', cap: 9e11, type: 'ADRC' },
      { symbol: 'NVDA', cap: 4e12 },
      { symbol: 'QCOM', cap: 3e12 },
    ]);

    expect(selectSymbols(themes, market, config)).to.deep.equal({ chips: ['NVDA', 'TSM', 'AMD', 'INTC'] });
  });

  it('leave out what is no share, not listed yet or not in the market', async () => {
    const market = await marketOf([
      { symbol: 'SOXX', cap: 1e10, type: 'ETF' },
      { symbol: 'PREF', cap: 1e10, type: 'PFD' },
      { symbol: 'SOON', cap: 1e10, listDate: '2026-06-23' },
      { symbol: 'AMD', cap: 1e10, listDate: MONDAY },
    ]);

    expect(selectSymbols(themes, market, config)).to.deep.equal({ chips: ['AMD'] });
  });

  it('keep a listed stock whose market cap is not known, at the end', async () => {
    const market = await marketOf([{ symbol: 'NVDA' }, { symbol: 'AMD', cap: 5 }]);

    expect(selectSymbols(themes, market, config)).to.deep.equal({ chips: ['AMD', 'NVDA'] });
  });

  it('know a share class in the notation of any feed', async () => {
    const spirits = configOf({
      themes: [{ key: 'spirits', title: 'Spirits', symbols: ['BF/B', 'LEN/B', 'BRK-B'], exclusions: ['LEN-B'] }],
    });
    const stocks = (...symbols: string[]) => marketOf(symbols.map((symbol) => ({ symbol, cap: 1e10 })));

    expect(selectSymbols(themes, await stocks('BF.B', 'LEN.B', 'BRK.B', 'BFB'), spirits)).to.deep.equal({
      spirits: ['BF.B', 'BRK.B'],
    });
    expect(selectSymbols(themes, await stocks('BF-B', 'LEN/B', 'BRK/B'), spirits)).to.deep.equal({
      spirits: ['BF-B', 'BRK/B'],
    });
  });
});

describe('a theme with rules', () => {
  type ThemeInput = ConfigInput['themes'][number];

  const select = async (
    theme: Omit<ThemeInput, 'key' | 'title'>,
    listings: readonly Listing[],
    before: PastMembers[string] = {},
  ): Promise<Universe | undefined> => {
    const config = configOf({ themes: [{ key: 'theme', title: 'Theme', ...theme }] });
    return themes.select(withMembers(await marketOf(listings), { theme: before }), config)[0];
  };
  const large = { all: [{ minCapUsd: 1000 }] };

  it('takes in who meets every condition of all, one of any and none of not, besides the curated', async () => {
    const theme = await select(
      {
        symbols: ['CURATED'],
        rules: {
          all: [{ minCapUsd: 100, exchange: ['NYSE', 'NASDAQ'] }],
          any: [{ sector: ['Technology'], industry: ['Software'] }, { sic: ['367', '0100'] }, { nameWords: ['Chip'] }],
          not: [{ nameWords: ['Potato Chip'] }, { industry: ['Blank Checks'] }],
        },
      },
      [
        { symbol: 'BOTH', cap: 900, exchange: 'NYSE', sector: ' technology ', industry: 'SOFTWARE' },
        { symbol: 'HALF', cap: 800, exchange: 'NYSE', sector: 'Technology', industry: 'Hardware' },
        { symbol: 'SIC', cap: 700, exchange: 'nasdaq', sicCode: '3674' },
        { symbol: 'SHORTSIC', cap: 650, exchange: 'NYSE', sicCode: '100' },
        { symbol: 'OTHERSIC', cap: 640, exchange: 'NYSE', sicCode: '1367' },
        { symbol: 'WORD', cap: 600, exchange: 'NYSE', name: 'The CHIP Company', type: 'ADRC' },
        { symbol: 'PART', cap: 590, exchange: 'NYSE', name: 'Chipper Inc.' },
        { symbol: 'POTATO', cap: 580, exchange: 'NYSE', name: 'Potato Chip Inc.' },
        { symbol: 'BLANK', cap: 570, exchange: 'NYSE', name: 'Chip Inc.', industry: 'Blank Checks' },
        { symbol: 'ABROAD', cap: 560, exchange: 'LSE', name: 'Chip Inc.' },
        { symbol: 'NOWHERE', cap: 550, name: 'Chip Inc.' },
        { symbol: 'FUND', cap: 540, exchange: 'NYSE', name: 'Chip Fund', type: 'ETF' },
        { symbol: 'SOON', cap: 530, exchange: 'NYSE', name: 'Chip Inc.', listDate: '2026-06-23' },
        { symbol: 'LIMIT', cap: 100, exchange: 'NYSE', name: 'Chip Inc.' },
        { symbol: 'SMALL', cap: 99, exchange: 'NYSE', name: 'Chip Inc.' },
        { symbol: 'NOCAP', exchange: 'NYSE', name: 'Chip Inc.' },
        { symbol: 'CURATED', cap: 1 },
      ],
    );

    expect(symbolsOf(theme)).to.deep.equal(['BOTH', 'SIC', 'SHORTSIC', 'WORD', 'LIMIT', 'CURATED']);
    expect([...new Set(theme?.memberReasons?.values())]).to.deep.equal(['THEME_RULE_IN']);
    expect([...(theme?.memberReasons?.keys() ?? [])]).to.not.include('CURATED');
    expect(theme?.reasons).to.deep.equal({ added: 'THEME_LISTED', removed: 'THEME_UNLISTED' });
  });

  it('tells several themes apart that look at the same securities', async () => {
    const config = configOf({
      themes: [
        { key: 'gold', title: 'Gold', rules: { any: [{ nameWords: ['Gold'], minCapUsd: 50 }] } },
        { key: 'silver', title: 'Silver', rules: { all: [{ nameWords: ['Silver'] }], not: [{ minCapUsd: 50 }] } },
        { key: 'none', title: 'None', rules: { all: [{ sector: ['Energy'] }, { sector: ['Finance'] }] } },
      ],
    });
    const market = await marketOf([
      { symbol: 'G', cap: 60, name: 'Gold' },
      { symbol: 'GS', cap: 50, name: 'Gold & Silver' },
      { symbol: 'SG', cap: 49, name: 'Silver & Gold' },
      { symbol: 'E', cap: 40, sector: 'Energy' },
    ]);

    expect(selectSymbols(themes, market, config)).to.deep.equal({ gold: ['G', 'GS'], silver: ['SG'], none: [] });
  });

  it('keeps the largest up to its size, and the pinned whatever theirs', async () => {
    const theme = await select(
      { symbols: ['LISTED', 'TINY'], pins: ['PIN', 'TINY'], exclusions: ['LARGEST'], maxSize: 4, rules: large },
      [
        { symbol: 'LARGEST', cap: 9000 },
        { symbol: 'A', cap: 5000 },
        { symbol: 'B', cap: 4000 },
        { symbol: 'LISTED', cap: 3000 },
        { symbol: 'PIN', cap: 2 },
        { symbol: 'TINY', cap: 1 },
      ],
    );

    expect(symbolsOf(theme)).to.deep.equal(['A', 'B', 'PIN', 'TINY']);
    expect(Object.fromEntries(theme?.memberReasons ?? [])).to.deep.equal({
      A: 'THEME_RULE_IN',
      B: 'THEME_RULE_IN',
      PIN: 'THEME_PINNED',
      TINY: 'THEME_PINNED',
    });
    expect(theme?.policy).to.deep.equal({
      rule: 'theme',
      symbols: ['LISTED', 'TINY'],
      rules: { all: [{ minCapUsd: 1000 }], any: [], not: [] },
      maxSize: 4,
      pins: ['PIN', 'TINY'],
      exclusions: ['LARGEST'],
      minStaySessions: 5,
    });
  });

  it('keeps who came in lately though it does not meet the rules any more, unless it is gone or excluded', async () => {
    const theme = await select(
      { rules: large, exclusions: ['OUT'] },
      [
        { symbol: 'MEETS', cap: 1000 },
        { symbol: 'LATELY', cap: 999 },
        { symbol: 'LONG', cap: 998 },
        { symbol: 'OUT', cap: 997 },
        { symbol: 'TYPED', cap: 996, type: 'WARRANT' },
        { symbol: 'SOON', cap: 995, listDate: '2026-06-23' },
      ],
      { MEETS: 9, LATELY: 4, LONG: 5, OUT: 1, TYPED: 1, SOON: 1, DELISTED: 1 },
    );

    expect(symbolsOf(theme)).to.deep.equal(['MEETS', 'LATELY']);
  });

  it('drops at once who has just been found delisted', async () => {
    const config = configOf({ themes: [{ key: 'theme', title: 'Theme', symbols: ['A'], pins: ['B'], rules: large }] });
    const market = await marketOf(['A', 'B', 'C', 'D'].map((symbol, index) => ({ symbol, cap: 4000 - index })));
    const securities = new Map(
      [...market.securities.values()].map((security) => [
        security.symbol,
        security.symbol === 'D' ? security : { ...security, exclusion: 'INACTIVE' as const, rank: null },
      ]),
    );

    const before = withMembers({ ...market, securities }, { theme: { A: 1, B: 1, C: 1 } });

    expect(selectSymbols(themes, before, config)).to.deep.equal({ theme: ['D'] });
  });

  it('gives members that came in lately precedence over larger newcomers, within its size', async () => {
    const listings = [
      { symbol: 'NEWLARGE', cap: 5000 },
      { symbol: 'LONG', cap: 4000 },
      { symbol: 'LATELY', cap: 3000 },
      { symbol: 'STAYS', cap: 20 },
    ];
    const before = { LONG: 9, LATELY: 1, STAYS: 1 };

    expect(symbolsOf(await select({ rules: large, maxSize: 3 }, listings, before))).to.deep.equal([
      'NEWLARGE',
      'LATELY',
      'STAYS',
    ]);
    expect(symbolsOf(await select({ rules: large, maxSize: 1 }, listings, before))).to.deep.equal(['LATELY']);
  });

  it('does not keep anybody where it has no rules: who is taken off the list leaves', async () => {
    const theme = await select({ symbols: ['A'] }, [{ symbol: 'A' }, { symbol: 'B' }], { A: 1, B: 1 });

    expect(symbolsOf(theme)).to.deep.equal(['A']);
  });
});
