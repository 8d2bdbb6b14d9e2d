import { expect } from 'chai';
import { readCacheConfig, type CacheConfig } from '../../../../phases/cache-sync/settings/cache-config.js';
import type { CacheLayout } from '../../../../phases/cache-sync/projection/layout.js';
import { keyed } from '../../../../phases/cache-sync/projection/layouts/keyed.js';
import { universe } from '../../../../phases/cache-sync/projection/layouts/universe.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { configOf } from '../../../support/market.js';

describe('cache_config rows', () => {
  const config = configOf();
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  beforeEach(async () => {
    await test.database.pool.query('truncate cache_entries');
  });

  after(async () => {
    await test.drop();
  });

  const insertRow = (name: string, key: string, value: unknown, environment = 'DEFAULT') =>
    test.database.pool.query(
      `insert into cache_entries (type, name, key, value, environment) values ('cache_config', $1, $2, $3, $4)`,
      [name, key, JSON.stringify(value), environment],
    );
  const read = (layout: CacheLayout = keyed): Promise<CacheConfig> =>
    test.database.transaction(({ client }) => readCacheConfig(client, config, layout));
  const bandsOf = ({ config: { universes } }: CacheConfig) =>
    Object.fromEntries(universes.bands.map((band) => [band.key, band.minUsd]));

  it('change nothing where there are none, and none count that are of another environment, name or layout', async () => {
    await insertRow('market_cap_thresholds', 'mega_cap', 1e9, 'TEST');
    await insertRow('something_else', 'mega_cap', 1e9);

    const none = await read();
    await insertRow('market_cap_thresholds', 'mega_cap', 500e9);
    const otherLayout = await read(universe);

    for (const found of [none, otherLayout]) {
      expect(found.config).to.equal(config);
      expect(found.warnings).to.deep.equal([]);
      expect(found.sicMapping.size).to.equal(0);
    }
  });

  it('change or add a market-cap band each, or replace all bands as one object', async () => {
    await insertRow('market_cap_thresholds', 'mega_cap', 500e9);
    await insertRow('market_cap_thresholds', 'nano_cap', 10e6);

    const each = await read();
    await insertRow('market_cap_thresholds', 'market_cap_thresholds', { large_cap: 20e9, tiny_cap: 0 });
    await test.database.pool.query(`delete from cache_entries where key = 'nano_cap'`);
    const whole = await read();

    expect(each.warnings).to.deep.equal([]);
    expect(bandsOf(each)).to.deep.equal({
      mega_cap: 500e9,
      large_cap: 10e9,
      mid_cap: 2e9,
      small_cap: 300e6,
      micro_cap: 50e6,
      nano_cap: 10e6,
    });
    expect(each.config.universes.bands.find((band) => band.key === 'nano_cap')?.title).to.equal('Nano Cap');
    expect(bandsOf(whole)).to.deep.equal({ large_cap: 20e9, tiny_cap: 0, mega_cap: 500e9 });
    expect(each.config.universes.rankings).to.deep.equal(config.universes.rankings);
  });

  it('are exactly the theme or the ETF category that they list, without rules that would add more, or new ones', async () => {
    await insertRow('theme_definitions', 'quantum', ['IONQ', 'RGTI', 'IONQ']);
    await insertRow('theme_definitions', 'list', { nuclear_power: ['CEG', 'VST'] });
    await insertRow('etf_categories', 'etf_growth', ['VUG']);

    const { config: overridden, warnings } = await read();

    expect(warnings).to.deep.equal([]);
    expect(overridden.themes.find((theme) => theme.key === 'quantum')).to.deep.equal({
      key: 'quantum',
      title: 'Quantum',
      symbols: ['IONQ', 'RGTI'],
      pins: [],
      exclusions: [],
      minStaySessions: 5,
    });
    expect(overridden.themes.find((theme) => theme.key === 'nuclear_power')).to.include({ title: 'Nuclear Power' });
    expect(overridden.themes).to.have.length(config.themes.length + 1);
    const growth = overridden.universes.etfCategories.find((category) => category.key === 'etf_growth');
    expect(growth).to.deep.include({ title: 'Growth ETFs', types: [], nameWords: [], symbols: ['VUG'] });
  });

  it('change only the settings that an object names', async () => {
    await insertRow('theme_definitions', 'quantum', { maxSize: 3 });

    const { config: overridden } = await read();

    const before = config.themes.find((theme) => theme.key === 'quantum');
    expect(overridden.themes.find((theme) => theme.key === 'quantum')).to.deep.equal({ ...before, maxSize: 3 });
  });

  it('know the names that the old job has for the limits of complete lists', async () => {
    await insertRow('complete_limits', 'stocks_full_metadata_limit', 500);
    await insertRow('complete_limits', 'etfs_full_metadata_limit', 50);

    const { config: overridden, warnings } = await read();

    expect(warnings).to.deep.equal([]);
    expect(overridden.universes.complete).to.deep.equal({ stocks: 500, etfs: 50 });
  });

  it('set the numbers of industry groups and complete lists, in either spelling and form', async () => {
    await insertRow('industry_groups', 'default', { groups: 5, min_stocks: 4 });
    await insertRow('industry_groups', 'size', 7);
    await insertRow('complete_limits', 'stocks', 500);

    const { config: overridden, warnings } = await read();

    expect(warnings).to.deep.equal([]);
    expect(overridden.universes.industryGroups).to.deep.equal({
      groups: 5,
      minStocks: 4,
      size: 7,
      by: 'security',
    });
    expect(overridden.universes.complete).to.deep.equal({ stocks: 500, etfs: 100 });
  });

  it('map SIC codes to sectors and industries', async () => {
    await insertRow('sic_mapping', 'mapping', { 7372: { sector: 'Technology', industry: 'Software' }, 1311: 'Oil' });
    await insertRow('sic_mapping', '100', { sector: 'Basic Materials', industry: 'Farming' });

    const { sicMapping, warnings } = await read();

    expect([...sicMapping]).to.have.deep.members([
      ['7372', { sector: 'Technology', industry: 'Software' }],
      ['100', { sector: 'Basic Materials', industry: 'Farming' }],
    ]);
    expect(warnings).to.deep.equal([
      'cache_config row sic_mapping/mapping: the code "1311" is the text "Oil"; ' +
        'allowed: a code of one to four digits with { "sector": text, "industry": text }; this is ignored',
    ]);
  });

  it('that are wrong are named with what they hold and what is allowed, and the others count', async () => {
    await insertRow('market_cap_thresholds', 'large_cap', 'ten billion');
    await insertRow('market_cap_thresholds', 'mid_cap', { min: 1, max: 2 });
    await insertRow('market_cap_thresholds', 'small_cap', 200e9);
    await insertRow('market_cap_thresholds', 'Big Cap', 90e9);
    await insertRow('market_cap_thresholds', 'micro_cap', 40e6);
    await insertRow('theme_definitions', 'ai', 'NVDA');
    await insertRow('theme_definitions', 'list', ['NVDA']);
    await insertRow('theme_definitions', 'ev', { symbols: ['TSLA'], owner: 'me' });
    await insertRow('complete_limits', 'etfs', -1);

    const found = await read();

    expect(bandsOf(found)).to.include({ large_cap: 10e9, mid_cap: 2e9, small_cap: 300e6, micro_cap: 40e6 });
    expect(found.config.themes).to.deep.equal(config.themes);
    expect(found.config.universes.complete).to.deep.equal(config.universes.complete);
    const row = 'cache_config row';
    expect(found.warnings).to.have.members([
      `${row} market_cap_thresholds/large_cap is ignored: minUsd is the text "ten billion"; allowed: a number, 0 or more`,
      `${row} market_cap_thresholds/mid_cap is ignored: minUsd is a mapping; allowed: a number, 0 or more`,
      `${row} market_cap_thresholds/small_cap is ignored: minUsd is 200000000000 a second time`,
      `${row} market_cap_thresholds/Big Cap is ignored: key is the text "Big Cap"; allowed: a key of a-z, 0-9 and _ only`,
      `${row} theme_definitions/ai is ignored: symbols is the text "NVDA"; allowed: a list, at most 500, each text of 1 to 20 characters`,
      `${row} theme_definitions/list is ignored: is a list; allowed: a mapping from key to value`,
      `${row} theme_definitions/ev is ignored: owner is not a setting; allowed: key, title, description, symbols, rules, maxSize, pins, exclusions, minStaySessions`,
      `${row} complete_limits/etfs is ignored: etfs is -1; allowed: a whole number from 1 to 1000000`,
    ]);
  });

  it('that leave nothing to publish are ignored as a whole', async () => {
    await insertRow('market_cap_thresholds', 'default', {});
    await insertRow('market_cap_thresholds', 'all', { mega_cap: 'a lot', large_cap: 10e9 });

    const found = await read();

    expect(bandsOf(found)).to.deep.equal(bandsOf({ ...found, config }));
    expect(found.warnings).to.have.length(1);
  });
});
