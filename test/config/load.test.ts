import { expect } from 'chai';
import fc from 'fast-check';
import { configSchema } from '../../src/config/schema/index.js';
import { loadConfig } from '../../src/config/load.js';
import { ConfigFolders, thrownBy, VALID_FILES } from './config-folder.js';

describe('loadConfig', () => {
  const folders = new ConfigFolders();
  after(() => folders.remove());

  it('lets options win over flags, flags over the environment, the environment over files, files over defaults', () => {
    const dir = folders.make({ 'tickstock.yaml': 'run: { concurrency: 2 }\ndatabase: { poolSize: 7 }\n' });
    const environment = { TICKSTOCK_RUN_CONCURRENCY: '3' };
    const flags = { run: { concurrency: 4 } };
    const options = { run: { concurrency: 5 } };

    const concurrency = (sources: object) => loadConfig({ dir, ...sources }).config.run.concurrency;

    expect(loadConfig({ dir: folders.make({ 'tickstock.yaml': '{}' }) }).config.run.concurrency).to.equal(4);
    expect(concurrency({})).to.equal(2);
    expect(concurrency({ environment })).to.equal(3);
    expect(concurrency({ environment, flags })).to.equal(4);
    expect(concurrency({ environment, flags, options })).to.equal(5);
    expect(loadConfig({ dir, environment, flags, options }).config.database.poolSize).to.equal(7);
  });

  it('takes undefined in flags and options, a blank key and an empty variable as not set', () => {
    const { config } = loadConfig({
      dir: folders.make({ 'tickstock.yaml': 'import:\ndatabase:\n  dataDir:\nrun: { concurrency: 2 }\n' }),
      environment: { TICKSTOCK_RUN_CONCURRENCY: '', DATABASE_URL: '  ' },
      flags: { run: { concurrency: undefined } },
      options: { import: undefined },
    });

    expect(config.run.concurrency).to.equal(2);
    expect(config.database).to.include({ dataDir: '.tickstock' }).and.not.have.property('url');
    expect(config.import.source).to.equal('auto');
  });

  it('replaces a list as a whole', () => {
    const bands = [{ key: 'huge', title: 'Huge', minUsd: 1e12 }];

    const { config } = loadConfig({ dir: folders.make(), options: { universes: { bands } } });

    expect(config.universes.bands).to.deep.equal(bands.map((band) => ({ ...band, by: 'security' })));
    expect(config.universes.rankings).to.have.length(1);
  });

  it('freezes the configuration to the bottom and leaves what it was given alone', () => {
    const bands = [{ key: 'huge', title: 'Huge', minUsd: 1e12 }];

    const { config } = loadConfig({ dir: folders.make(), options: { universes: { bands } } });

    expect(mutableParts(config)).to.deep.equal([]);
    expect([bands, bands[0]].map(Object.isFrozen)).to.deep.equal([false, false]);
  });

  it('loads the files that come with the package, from a folder of the user only where it has them', () => {
    const dir = folders.makeExactly({
      'universes.yaml': VALID_FILES['universes.yaml'],
      'themes.yaml': VALID_FILES['themes.yaml'],
    });

    const { config } = loadConfig({ dir });

    expect(config.universes.bands.map(({ key }) => key)).to.deep.equal(['large_cap', 'small_cap']);
    expect(config.import.exchanges).to.deep.equal(['nasdaq', 'nyse', 'amex']);
    expect(config.calendar).to.have.property('overrides');
  });

  it('refuses an option that no setting has, at any depth, with the name that was meant', () => {
    const options = { databse: {}, run: { concurency: 3 } };

    const error = thrownBy(() => loadConfig({ dir: folders.make(), options: options as object }));

    expect(error.code).to.equal('EOD_CONFIG_INVALID');
    expect(error.message).to.include(
      'option of the embedding program: databse is not a setting; did you mean database?',
    );
    expect(error.message).to.include('run.concurency is not a setting; did you mean concurrency?');
  });

  it('never throws anything but EOD_CONFIG_INVALID, whatever the options hold', () => {
    const dir = folders.make();
    const sections = fc.dictionary(
      fc.constantFrom(...Object.keys(configSchema.shape), '__proto__', 'x'),
      fc.anything(),
    );

    fc.assert(
      fc.property(sections, (options) => {
        try {
          loadConfig({ dir, options });
        } catch (error) {
          expect(error).to.have.property('code', 'EOD_CONFIG_INVALID');
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('configuration hash', () => {
  const folders = new ConfigFolders();
  after(() => folders.remove());

  it('stays the same when only the database, the folder of the input or the run settings change', () => {
    const dir = folders.make();

    const plain = loadConfig({ dir }).hash;
    const other = loadConfig({
      dir,
      environment: {
        DATABASE_URL: 'postgres://u:p@h/db',
        TICKSTOCK_IMPORT_DIR: '/data',
        TICKSTOCK_RUN_CONCURRENCY: '9',
      },
    }).hash;

    expect(plain).to.match(/^[0-9a-f]{64}$/);
    expect(other).to.equal(plain);
  });

  it('does not depend on the order of keys, comments, the way numbers are written or where a value is set', () => {
    const reversed = VALID_FILES['universes.yaml']
      .replace(
        '{ key: large_cap, title: Large Cap, minUsd: 10e9 }',
        '{ minUsd: 10000000000, title: "Large Cap", key: large_cap } # big',
      )
      .replace('sectorLeaders: { size: 10 }\n', '')
      .concat('# last\nsectorLeaders: { size: 10 }\n');

    const plain = loadConfig({ dir: folders.make() }).hash;

    expect(loadConfig({ dir: folders.make({ 'universes.yaml': reversed }) }).hash).to.equal(plain);
    expect(loadConfig({ dir: folders.make(), options: { universes: { recentIpos: { days: 30 } } } }).hash).to.equal(
      plain,
    );
  });

  it('changes with each part that decides what is published', () => {
    const dir = folders.make();
    const changes = [
      {},
      { universes: { recentIpos: { days: 31 } } },
      { themes: [{ key: 'ai', title: 'AI', symbols: ['NVDA'] }] },
      { calendar: { overrides: [{ date: '2026-09-14', kind: 'closed' as const, reason: 'storm' }] } },
      { gates: { coverage: { minPct: 90 } } },
      { import: { maxPriceUsd: 5 } },
      { import: { exchanges: ['nyse'] } },
    ];

    const hashes = changes.map((options) => loadConfig({ dir, options }).hash);

    expect(new Set(hashes).size).to.equal(changes.length);
  });
});

/** Paths of everything that could still be changed. */
function mutableParts(value: unknown, path = 'config'): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, entry]) => mutableParts(entry, `${path}.${key}`));
  return Object.isFrozen(value) ? inner : [path, ...inner];
}
