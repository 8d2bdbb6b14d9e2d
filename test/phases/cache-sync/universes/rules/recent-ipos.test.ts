import { expect } from 'chai';
import type { NewListing } from '../../../../../phases/cache-sync/valuation/market.js';
import { recentIpos } from '../../../../../phases/cache-sync/universes/rules/recent-ipos.js';
import type { SessionDate } from '../../../../../src/core/session.js';
import { configOf, marketOf, MONDAY, selectSymbols, symbolsOf } from '../../../../support/market.js';

describe('recent IPOs', () => {
  const session = '2026-03-31' as SessionDate;

  it('were listed at most 30 calendar days before the session, which itself counts', async () => {
    const market = await marketOf(
      [
        { symbol: 'TODAY', cap: 4, listDate: '2026-03-31' },
        { symbol: 'DAY30', cap: 3, listDate: '2026-03-01' },
        { symbol: 'DAY31', cap: 2, listDate: '2026-02-28' },
        { symbol: 'TOMORROW', cap: 1, listDate: '2026-04-01' },
        { symbol: 'NODATE', cap: 5 },
      ],
      session,
    );

    const [recent] = recentIpos.select(market, configOf());

    expect(symbolsOf(recent)).to.deep.equal(['TODAY', 'DAY30']);
    expect(recent?.policy).to.deep.equal({ rule: 'recent-ipo', days: 30 });
  });

  it('are stocks, largest first, then those whose market cap is not known yet', async () => {
    const market = await marketOf(
      [
        { symbol: 'SMALL', cap: 1e6, listDate: '2026-03-20' },
        { symbol: 'ETF', cap: 1e9, listDate: '2026-03-20', type: 'ETF' },
        { symbol: 'NOCAP', listDate: '2026-03-20', close: null },
        { symbol: 'LARGE', cap: 1e9, listDate: '2026-03-20' },
      ],
      session,
    );

    const [recent] = recentIpos.select(market, configOf());

    expect(symbolsOf(recent)).to.deep.equal(['LARGE', 'SMALL', 'NOCAP']);
  });

  it('are also those that the source marks or that were never seen before, each for its own reason', async () => {
    const market = await marketOf(
      [
        { symbol: 'MARKED', cap: 6 },
        { symbol: 'SEEN', cap: 5, listDate: '1999-01-04' },
        { symbol: 'BOTH', cap: 4, listDate: '2026-03-30' },
        { symbol: 'LONGAGO', cap: 3 },
        { symbol: 'DATED', cap: 7, listDate: '2026-03-30' },
        { symbol: 'NOSTOCK', cap: 2, type: 'WARRANT' },
      ],
      session,
    );
    const newListings = new Map<string, NewListing>([
      ['SEEN', { reason: 'IPO_FIRST_SEEN', session: '2026-03-31' as SessionDate }],
      ['MARKED', { reason: 'IPO_FIRST_DAY', session: '2026-03-01' as SessionDate }],
      ['BOTH', { reason: 'IPO_FIRST_SEEN', session: '2026-03-30' as SessionDate }],
      ['LONGAGO', { reason: 'IPO_FIRST_DAY', session: '2026-02-28' as SessionDate }],
      ['NOSTOCK', { reason: 'IPO_FIRST_SEEN', session: '2026-03-30' as SessionDate }],
      ['UNKNOWN', { reason: 'IPO_FIRST_SEEN', session: '2026-03-30' as SessionDate }],
    ]);

    const [recent] = recentIpos.select({ ...market, newListings }, configOf());

    expect(symbolsOf(recent)).to.deep.equal(['DATED', 'MARKED', 'SEEN', 'BOTH']);
    expect(recent?.reasons).to.deep.equal({ added: 'IPO_LISTED', removed: 'IPO_SEASONED' });
    expect(Object.fromEntries(recent?.memberReasons ?? [])).to.deep.equal({
      SEEN: 'IPO_FIRST_SEEN',
      MARKED: 'IPO_FIRST_DAY',
    });
  });

  it('go by their sector to the universes of the contract, and without one by their market cap', async () => {
    const sectors: readonly [sector: string | null, cap: number][] = [
      ['Technology', 9e9],
      ['Health Care', 8e9],
      ['HEALTHCARE', 7e9],
      ['Finance', 6e9],
      ['Financial Services', 5e9],
      ['Energy', 4e9],
      ['Consumer Discretionary', 3e9],
      ['Industrials', 2.5e9],
      ['Utilities', 2e9],
      ['Basic Materials', 1_000_000_001],
      [null, 1_000_000_000],
    ];
    const listings = sectors.map(([sector, cap], index) => ({ symbol: `S${index}`, sector, cap, listDate: session }));

    const selected = selectSymbols(recentIpos, await marketOf(listings, session), configOf());

    expect(selected).to.deep.equal({
      recent_ipos: listings.map(({ symbol }) => symbol),
      tech_growth: ['S0'],
      high_growth: ['S0'],
      defensive_growth: ['S1', 'S2'],
      financial_services: ['S3', 'S4'],
      value_oriented: ['S3', 'S4'],
      commodity_related: ['S5'],
      cyclical: ['S5'],
      consumer_focused: ['S6'],
      industrial_growth: ['S7'],
      dividend_focused: ['S8'],
      defensive: ['S8'],
      general_market: ['S9'],
      small_cap_general: ['S10'],
    });
  });

  it('have universes named after their keys, which several groups may share and which end with the configuration', async () => {
    const config = configOf({
      universes: {
        recentIpos: {
          groups: [
            { sectors: ['Bank'], keys: ['new_money'] },
            { sectors: ['Finance'], keys: ['new_money', 'rest'] },
          ],
          fallback: { minUsd: 0, above: 'rest', below: 'tiny' },
        },
      },
    });
    const market = await marketOf([
      { symbol: 'FIN', cap: 3, sector: 'Finance', listDate: MONDAY },
      { symbol: 'BANK', cap: 2, sector: 'Finance: Banks', listDate: MONDAY },
      { symbol: 'NONE', cap: 1, listDate: MONDAY },
    ]);

    const [, ...groups] = recentIpos.select(market, config);

    expect(groups.map((group) => [group.key, group.title, symbolsOf(group), group.policy])).to.deep.equal([
      ['new_money', 'New Money IPOs', ['FIN', 'BANK'], { rule: 'recent-ipo', days: 30, group: 'new_money' }],
      ['rest', 'Rest IPOs', ['FIN', 'NONE'], { rule: 'recent-ipo', days: 30, group: 'rest' }],
      ['tiny', 'Tiny IPOs', [], { rule: 'recent-ipo', days: 30, group: 'tiny' }],
    ]);
    expect(recentIpos.whenNotSelected({ type: 'stock_universe', name: 'ipo', key: 'gone' }, config)).to.deep.equal({
      reason: 'IPO_GROUP_REMOVED',
      by: 'configuration',
    });
    expect(recentIpos.whenNotSelected({ type: 'stock_universe', name: 'ipo', key: 'recent_ipos' }, config)).to.equal(
      'hold',
    );
  });

  it('can be none, which is a fact and not bad data, unless there is no stock at all', async () => {
    const universes = recentIpos.select(
      await marketOf([{ symbol: 'OLD', cap: 1, listDate: '1980-12-12' }]),
      configOf(),
    );
    const ofNothing = recentIpos.select(await marketOf([]), configOf());

    expect(universes.flatMap(symbolsOf)).to.deep.equal([]);
    expect(new Set(universes.map(({ whenEmpty }) => whenEmpty))).to.deep.equal(new Set(['allow']));
    expect(new Set(ofNothing.map(({ whenEmpty }) => whenEmpty))).to.deep.equal(new Set(['hold']));
  });
});
