import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { environmentVariables } from '../../src/config/environment.js';
import { packageConfigDir } from '../../src/config/files.js';
import { loadConfig } from '../../src/config/load.js';
import { tickstockFileSchema } from '../../src/config/schema/index.js';

/** Expected values are those of the consumer's contract, section 1. */
describe('the configuration that comes with the package', () => {
  it('loads without a warning, from its own folder and from the folder given by name', () => {
    const own = loadConfig({});
    const named = loadConfig({ dir: packageConfigDir() });

    expect(named.warnings).to.deep.equal([]);
    expect(named.hash).to.equal(own.hash);
    expect(readdirSync(packageConfigDir())).to.include.members(['calendar.yaml', 'themes.yaml']);
  });

  it('has the bands, rankings and limits the consumer expects', () => {
    const { universes } = loadConfig({}).config;

    expect(universes.bands.map(({ key, minUsd }) => [key, minUsd])).to.deep.equal([
      ['mega_cap', 200_000_000_000],
      ['large_cap', 10_000_000_000],
      ['mid_cap', 2_000_000_000],
      ['small_cap', 300_000_000],
      ['micro_cap', 50_000_000],
    ]);
    expect(universes.rankings.map(({ key, size }) => [key, size])).to.deep.equal([
      ['top_10_stocks', 10],
      ['top_50', 50],
      ['top_100', 100],
      ['top_250', 250],
      ['top_500', 500],
      ['top_1000', 1000],
      ['top_2000', 2000],
    ]);
    expect(universes).to.deep.include({
      sectorLeaders: { size: 10, by: 'security' },
      industryGroups: { groups: 20, minStocks: 3, size: 15, by: 'security' },
      complete: { stocks: 1000, etfs: 100 },
      marketCapRewritePct: 5,
    });
  });

  it('sends recent IPOs where the consumer expects them', () => {
    const { days, groups, fallback } = loadConfig({}).config.universes.recentIpos;

    expect(days).to.equal(30);
    expect(groups.flatMap(({ sectors, keys }) => sectors.map((sector) => [sector, keys]))).to.deep.equal([
      ['technology', ['tech_growth', 'high_growth']],
      ['healthcare', ['defensive_growth']],
      ['health care', ['defensive_growth']],
      ['financial', ['financial_services', 'value_oriented']],
      ['finance', ['financial_services', 'value_oriented']],
      ['energy', ['commodity_related', 'cyclical']],
      ['consumer', ['consumer_focused']],
      ['industrial', ['industrial_growth']],
      ['utilities', ['dividend_focused', 'defensive']],
    ]);
    expect(fallback).to.deep.equal({ minUsd: 1e9, above: 'general_market', below: 'small_cap_general' });
  });

  it('has the ETF categories and the 20 core ETFs of the mixed list', () => {
    const { universes } = loadConfig({}).config;

    expect(universes.combination.stocks).to.equal(50);
    expect(universes.combination.etfs).to.have.length(20).and.include.members(['SPY', 'QQQ', 'IWM', 'IEFA']);
    expect(universes.etfCategories.find(({ key }) => key === 'etf_growth')?.title).to.equal('Growth ETFs');
    expect(universes.etfCategories.map(({ key }) => key)).to.have.members([
      'etf_broad_market',
      'etf_sectors',
      'etf_growth',
      'etf_value',
      'etf_technology',
      'etf_bonds',
      'etf_international',
      'etf_commodities',
      'etf_factor',
    ]);
  });

  it('shows in tickstock.yaml every setting with its default and its environment variable', () => {
    const text = readFileSync(join(packageConfigDir(), 'tickstock.yaml'), 'utf8');
    const { success, data } = tickstockFileSchema.safeParse({ database: {}, import: {}, run: {} });

    expect(success).to.equal(true);
    expect(parse(text)).to.deep.equal(data);
    for (const { name, path } of environmentVariables) {
      expect(text).to.include(name);
      expect(text).to.match(new RegExp(`^  (# )?${String(path[1])}:`, 'm'));
    }
  });
});
