import { expect } from 'chai';
import { join } from 'node:path';
import { formatOrigin } from '../../src/config/problems.js';
import { loadConfig } from '../../src/config/load.js';
import { ConfigFolders, type FileTexts, thrownBy } from './config-folder.js';

/** A folder holds changes of the shipped files. */
describe('a folder of configuration', () => {
  const folders = new ConfigFolders();
  after(() => folders.remove());

  const shipped = loadConfig({}).config;

  function load(texts: FileTexts) {
    const dir = folders.makeExactly(texts);
    return { dir, ...loadConfig({ dir }) };
  }

  const themeOf = (config: typeof shipped, key: string) => config.themes.find((theme) => theme.key === key);

  it('adds a theme, a ranking and a closed day to those that are shipped', () => {
    const { config, warnings } = load({
      'themes.yaml': 'themes:\n  - { key: mine, title: Mine, symbols: [NVDA] }\n',
      'universes.yaml': 'rankings:\n  - { key: top_20, title: Top 20, size: 20 }\n',
      'calendar.yaml': 'overrides:\n  - { date: 2026-12-07, kind: closed, reason: mourning }\n',
    });

    expect(config.themes.slice(0, -1)).to.deep.equal(shipped.themes);
    expect(config.themes.at(-1)).to.include({ key: 'mine', title: 'Mine' });
    expect(config.universes.rankings.map(({ key }) => key)).to.deep.equal([
      ...shipped.universes.rankings.map(({ key }) => key),
      'top_20',
    ]);
    expect(config.universes.bands).to.deep.equal(shipped.universes.bands);
    expect(config.calendar.overrides).to.have.length(1);
    expect(warnings).to.deep.equal([]);
  });

  it('changes what it names of an entry, and nothing else of it', () => {
    const { config } = load({
      'themes.yaml': 'themes:\n  - { key: ai, maxSize: 80 }\n',
      'universes.yaml': 'bands:\n  - { key: micro_cap, minUsd: 20e6 }\nsectorLeaders: { by: company }\n',
      'gates.yaml': 'turnover: { maxPct: 40 }\n',
    });

    expect(themeOf(config, 'ai')).to.deep.equal({ ...themeOf(shipped, 'ai'), maxSize: 80 });
    expect(config.universes.bands.at(-1)).to.deep.include({ key: 'micro_cap', title: 'Micro Cap', minUsd: 20e6 });
    expect(config.universes.sectorLeaders).to.deep.equal({ size: 10, by: 'company' });
    expect(config.gates.turnover).to.deep.equal({ ...shipped.gates.turnover, maxPct: 40 });
  });

  it('adds values to a list and takes others out, or gives the list whole', () => {
    const { config } = load({
      'themes.yaml':
        'themes:\n  - key: ai\n    symbols: { add: [ZZZA, NVDA], remove: [AMD] }\n  - key: cloud\n    symbols: [MSFT]\n',
      'tickstock.yaml': 'import: { exchanges: { remove: [amex] } }\n',
    });

    const symbols = themeOf(shipped, 'ai')?.symbols ?? [];
    expect(themeOf(config, 'ai')?.symbols).to.deep.equal([...symbols.filter((symbol) => symbol !== 'AMD'), 'ZZZA']);
    expect(themeOf(config, 'cloud')?.symbols).to.deep.equal(['MSFT']);
    expect(config.import.exchanges).to.deep.equal(['nasdaq', 'nyse']);
  });

  it('removes an entry only where it says so', () => {
    const { config } = load({ 'themes.yaml': 'themes:\n  - { key: quantum, remove: true }\n' });

    expect(config.themes).to.deep.equal(shipped.themes.filter(({ key }) => key !== 'quantum'));
  });

  it('replaces a file, a mapping or an entry only where it says so', () => {
    const { config } = load({
      'themes.yaml': 'replace: true\nthemes:\n  - { key: mine, title: Mine, symbols: [NVDA] }\n',
      'universes.yaml': `bands:\n  - { key: mega_cap, replace: true, title: Giants, minUsd: 500e9 }
recentIpos: { replace: true, days: 10 }\n`,
      'gates.yaml': '# as shipped\n',
    });

    expect(config.themes.map(({ key }) => key)).to.deep.equal(['mine']);
    expect(config.universes.bands[0]).to.deep.equal({
      key: 'mega_cap',
      title: 'Giants',
      minUsd: 500e9,
      by: 'security',
    });
    expect(config.universes.recentIpos).to.deep.equal({ days: 10, groups: [] });
    expect(config.gates).to.deep.equal(shipped.gates);
  });

  it('with the shipped values, or a copy of the shipped files, is the shipped configuration', () => {
    const hashOf = (texts: FileTexts): string => load(texts).hash;

    expect(hashOf({})).to.equal(loadConfig({}).hash);
    expect(hashOf({ 'universes.yaml': 'bands:\n  - { key: mega_cap, minUsd: 200e9 }\n' })).to.equal(
      loadConfig({}).hash,
    );
  });

  it('is warned of when it removes what is not there', () => {
    const { dir, config, warnings } = load({
      'themes.yaml':
        'themes:\n  - { key: quantom, remove: true }\n  - key: ai\n    symbols: { remove: [NVDIA, ZZZZZ] }\n',
    });

    expect(config.themes.map(({ key }) => key)).to.deep.equal(shipped.themes.map(({ key }) => key));
    const file = join(dir, 'themes.yaml');
    expect(warnings).to.deep.equal([
      `${file}:2: themes[0] removes quantom, which is not in the shipped file; did you mean quantum?`,
      `${file}:4: themes[1].symbols.remove removes NVDIA, which is not in the shipped file; did you mean NVDA?`,
      `${file}:4: themes[1].symbols.remove removes ZZZZZ, which is not in the shipped file`,
    ]);
  });

  it('is refused with the lines and the counting of its own files', () => {
    const dir = folders.makeExactly({
      'themes.yaml': `themes:
  - { key: ai, title: Cloud }
  - { key: ai, title: Other, symbols: [A] }
  - { key: news, symbols: [A] }
  - { key: cloud, remove: maybe }
  - key: ev
    symbols: { add: [7] }
    pins: { ad: [F] }
    colour: green
`,
    });

    const { message } = thrownBy(() => loadConfig({ dir }));

    const lines = message.split('\n').slice(1);
    expect(lines.map((line) => line.trim().replace(`${dir}/themes.yaml:`, ''))).to.have.members([
      '2: themes[0].title is "Cloud" a second time',
      '3: themes[1].key is "ai" a second time',
      '4: themes[2].title is missing; allowed: text that is not empty',
      '5: themes[3].remove is an instruction; allowed: true or false',
      '7: themes[4].symbols is 7 without quotes; allowed: text of 1 to 20 characters',
      '8: themes[4].pins is a mapping; allowed: a list, at most 500, each text of 1 to 20 characters',
      '9: themes[4].colour is not a setting; allowed: key, title, description, symbols, rules, maxSize, pins, exclusions, minStaySessions',
    ]);
  });

  it('explains each value with the file in which it is written', () => {
    const { dir, ...loaded } = load({ 'universes.yaml': 'rankings:\n  - { key: top_50, size: 60 }\n' });

    const originOf = (path: string): string => {
      const setting = loaded.explain().find((found) => found.path === path);
      return setting === undefined ? 'no such setting' : formatOrigin(setting.origin);
    };
    expect(originOf('universes.rankings[1].size')).to.equal(`${join(dir, 'universes.yaml')}:2`);
    expect(originOf('universes.rankings[1].title'))
      .to.match(/config\/universes\.yaml:\d+$/)
      .and.not.include(dir);
    expect(originOf('universes.rankings[2].size'))
      .to.match(/config\/universes\.yaml:\d+$/)
      .and.not.include(dir);
  });
});
