import { expect } from 'chai';
import type { ProjectionRow } from '../../../../../phases/cache-sync/projection/layout.js';
import { keyed } from '../../../../../phases/cache-sync/projection/layouts/keyed.js';
import { RULES } from '../../../../../phases/cache-sync/universes/rules/index.js';
import { selectUniverses } from '../../../../../phases/cache-sync/universes/select-universes.js';
import { configOf, marketOf, type Listing } from '../../../../support/market.js';

const AT = new Date('2026-06-22T21:05:00.000Z');

/** A market whose rows are worked out by hand below. */
const MARKET: readonly Listing[] = [
  {
    symbol: 'AAPL',
    name: 'Apple Inc.',
    sector: 'Technology',
    industry: 'Computer Manufacturing',
    exchange: 'NASDAQ',
    market: 'stocks',
    cap: 3e12,
  },
  { symbol: 'DELL', sector: 'Technology', industry: 'Computer Manufacturing', exchange: 'NYSE', cap: 9e10 },
  { symbol: 'HPQ', name: '', sector: 'Technology', industry: 'Computer Manufacturing', exchange: 'NYSE', cap: 3e10 },
  { symbol: 'NEW', name: 'New "Co"', cap: 1e8, listDate: '2026-06-15' },
  { symbol: 'SPY', name: 'SPDR S&P 500', type: 'ETF', etfType: 'Index', issuer: 'State Street', volume: 900 },
  { symbol: 'VUG', type: 'ETF', volume: 800 },
];

const aapl = {
  ticker: 'AAPL',
  name: 'Apple Inc.',
  rank: 1,
  sector: 'Technology',
  industry: 'Computer Manufacturing',
  exchange: 'NASDAQ',
  market: 'stocks',
  market_cap: 3_000_000_000_000,
};
const dell = {
  ticker: 'DELL',
  name: 'Unknown',
  rank: 2,
  sector: 'Technology',
  industry: 'Computer Manufacturing',
  exchange: 'NYSE',
  market: 'Unknown',
  market_cap: 90_000_000_000,
};
const hpq = { ...dell, ticker: 'HPQ', rank: 3, market_cap: 30_000_000_000 };
const fresh = {
  ticker: 'NEW',
  name: 'New "Co"',
  rank: 4,
  sector: 'Unknown',
  industry: 'Unknown',
  exchange: 'Unknown',
  market: 'Unknown',
  market_cap: 100_000_000,
};
const spy = { symbol: 'SPY', name: 'SPDR S&P 500', etf_type: 'Index', issuer: 'State Street' };
const vug = { symbol: 'VUG', name: 'Unknown', etf_type: 'Unknown', issuer: 'Unknown' };

describe('the keyed layout', () => {
  let rows: Map<string, unknown>;
  const valueOf = (place: string): unknown => rows.get(place);

  before(async () => {
    rows = await rowsOf(MARKET);
  });

  it('has every row of the contract and no other in its lists', () => {
    const themeKeys = ['ai', 'biotech', 'cloud', 'crypto', 'cybersecurity', 'ev', 'fintech', 'marijuana', 'quantum'];
    themeKeys.push('robotics', 'semi', 'space', 'ai_ml_leaders', 'biotech_innovators', 'cloud_computing');
    themeKeys.push('crypto_blockchain', 'dividend_aristocrats', 'esg_leaders', 'fintech_disruptors', 'green_energy');
    themeKeys.push('technology_leaders');
    const ipoKeys = ['recent_ipos', 'tech_growth', 'high_growth', 'defensive_growth', 'financial_services'];
    ipoKeys.push('value_oriented', 'commodity_related', 'cyclical', 'consumer_focused', 'industrial_growth');
    ipoKeys.push('dividend_focused', 'defensive', 'general_market', 'small_cap_general');
    const etfs = {
      'Broad Market ETFs': 'etf_broad_market',
      'Sector ETFs': 'etf_sectors',
      'Growth ETFs': 'etf_growth',
      'Value ETFs': 'etf_value',
      'Technology ETFs': 'etf_technology',
      'Bond ETFs': 'etf_bonds',
      'International ETFs': 'etf_international',
      'Commodity ETFs': 'etf_commodities',
      'Factor ETFs': 'etf_factor',
      'All ETFs': 'etf_all',
    };
    const expected = [
      ...['mega_cap', 'large_cap', 'mid_cap', 'small_cap', 'micro_cap'].map(
        (key) => `stock_universe/market_cap/${key}`,
      ),
      ...['top_10_stocks', 'top_50', 'top_100', 'top_250', 'top_500', 'top_1000', 'top_2000'].map(
        (key) => `stock_universe/market_leaders/${key}`,
      ),
      'stock_universe/sector_leaders/top_10_technology',
      'stock_universe/industry/computer_manufacturing',
      ...themeKeys.map((key) => `stock_universe/themes/${key}`),
      ...ipoKeys.map((key) => `stock_universe/ipo/${key}`),
      'stock_universe/complete/top_1000',
      'stock_universe/complete/all_stocks',
      ...Object.entries(etfs).flatMap(([name, key]) => [
        `etf_universe/${name}/${key}`,
        `etf_universe/${name}/${key}_detailed`,
      ]),
      'etf_universe/complete/top_100',
      'etf_universe/complete/all_etfs',
      'stock_etf_combo/stock_etf_test/combo_test',
      'stock_etf_combo/stock_etf_test/combo_test_detailed',
      'stock_stats/universe/summary',
    ];

    const places = [...rows.keys()];
    const toList = (place: string): string => place.split('/').slice(0, 2).join('/');
    const lists = new Set(expected.map(toList));

    expect(places.filter((place) => lists.has(toList(place)))).to.have.members(expected);
    expect(places.filter((place) => place.startsWith('themes/'))).to.have.length(themeKeys.length);
  });

  it('writes a stock list in rank order, absent and empty text as Unknown', () => {
    expect(valueOf('stock_universe/market_leaders/top_10_stocks')).to.deep.equal({
      count: 4,
      stocks: [aapl, dell, hpq, fresh],
    });
  });

  it('numbers each list from 1', () => {
    expect(valueOf('stock_universe/market_cap/large_cap')).to.deep.equal({
      count: 2,
      stocks: [
        { ...dell, rank: 1 },
        { ...hpq, rank: 2 },
      ],
    });
    expect(valueOf('stock_universe/ipo/recent_ipos')).to.deep.equal({ count: 1, stocks: [{ ...fresh, rank: 1 }] });
  });

  it('writes a universe without members as an empty list', () => {
    expect(valueOf('stock_universe/market_cap/mid_cap')).to.deep.equal({ count: 0, stocks: [] });
    expect(valueOf('stock_universe/themes/crypto')).to.deep.equal([]);
  });

  it('writes an industry with its sector', () => {
    expect(valueOf('stock_universe/industry/computer_manufacturing')).to.deep.equal({
      sector: 'Technology',
      count: 3,
      stocks: [aapl, dell, hpq],
    });
  });

  it('writes a theme twice, under its key and under its title', () => {
    expect(valueOf('stock_universe/themes/technology_leaders')).to.deep.equal(['AAPL', 'DELL']);
    expect(valueOf('themes/Technology Leaders/list')).to.deep.equal(['AAPL', 'DELL']);
  });

  it('writes an ETF category as tickers and in full', () => {
    expect(valueOf('etf_universe/Growth ETFs/etf_growth')).to.deep.equal(['VUG']);
    expect(valueOf('etf_universe/Growth ETFs/etf_growth_detailed')).to.deep.equal({ count: 1, etfs: [vug] });
    expect(valueOf('etf_universe/All ETFs/etf_all')).to.deep.equal(['SPY', 'VUG']);
    expect(valueOf('etf_universe/All ETFs/etf_all_detailed')).to.deep.equal({ count: 2, etfs: [spy, vug] });
  });

  it('writes the complete lists in full and as tickers', () => {
    expect(valueOf('stock_universe/complete/top_1000')).to.deep.equal({ count: 4, stocks: [aapl, dell, hpq, fresh] });
    expect(valueOf('stock_universe/complete/all_stocks')).to.deep.equal(['AAPL', 'DELL', 'HPQ', 'NEW']);
    expect(valueOf('etf_universe/complete/top_100')).to.deep.equal({
      count: 2,
      etfs: [
        { ...spy, ticker: 'SPY', rank: 1, exchange: 'Unknown', market_cap: 0 },
        { ...vug, ticker: 'VUG', rank: 2, exchange: 'Unknown', market_cap: 0 },
      ],
    });
    expect(valueOf('etf_universe/complete/all_etfs')).to.deep.equal(['SPY', 'VUG']);
  });

  it('writes the combination as tickers and in full', () => {
    expect(valueOf('stock_etf_combo/stock_etf_test/combo_test')).to.deep.equal([
      'AAPL',
      'DELL',
      'HPQ',
      'NEW',
      'SPY',
      'VUG',
    ]);
    expect(valueOf('stock_etf_combo/stock_etf_test/combo_test_detailed')).to.deep.equal({
      count: 6,
      description: 'Top 50 stocks and 20 core ETFs',
      composition: { stocks: 4, etfs: 2 },
      stocks: [aapl, dell, hpq, fresh],
      etfs: [spy, vug],
    });
  });

  it('writes the statistics with the time they were written', () => {
    // 3,000 + 90 + 30 + 0.1 billion; a quarter of it
    expect(valueOf('stock_stats/universe/summary')).to.deep.equal({
      overview: {
        total_stocks: 4,
        unique_sectors: 1,
        unique_exchanges: 2,
        total_market_cap: 3_120_100_000_000,
        average_market_cap: 780_025_000_000,
        total_companies: 4,
        company_market_cap: 3_120_100_000_000,
        last_updated: '2026-06-22T21:05:00.000Z',
      },
    });
  });
});

async function rowsOf(listings: readonly Listing[]): Promise<Map<string, unknown>> {
  const universes = await selectUniverses(RULES, await marketOf(listings), configOf());
  const rows: ProjectionRow[] = [...keyed.rows(universes, AT, new Map())];
  return new Map(rows.map((row) => [`${row.type}/${row.name}/${row.key}`, JSON.parse(row.values[0] ?? '')]));
}
