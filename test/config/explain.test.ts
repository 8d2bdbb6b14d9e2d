import { expect } from 'chai';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.js';
import { ConfigFolders, VALID_FILES } from './config-folder.js';

describe('explain', () => {
  const folders = new ConfigFolders();
  after(() => folders.remove());

  it('names where each setting was written, by file and line, variable, flag, option or default', () => {
    const dir = folders.make({ 'tickstock.yaml': 'run:\n  concurrency: 2\ndatabase: { connectTimeoutMs: 900 }\n' });
    const sources = {
      dir,
      environment: { TICKSTOCK_RUN_CONCURRENCY: '3', TICKSTOCK_IMPORT_EXCHANGES: 'nyse' },
      flags: { import: { dir: './data' } },
      options: { database: { poolSize: 9 } },
    };

    const settings = new Map(
      loadConfig(sources)
        .explain()
        .map(({ path, ...rest }) => [path, rest]),
    );

    const universes = join(dir, 'universes.yaml');
    expect(settings.get('run.concurrency')).to.deep.include({
      value: 3,
      origin: { kind: 'environment', name: 'TICKSTOCK_RUN_CONCURRENCY' },
    });
    expect(settings.get('database.connectTimeoutMs')?.origin).to.deep.include({
      kind: 'file',
      file: join(dir, 'tickstock.yaml'),
      line: 3,
    });
    expect(settings.get('import.exchanges')).to.deep.include({
      value: ['nyse'],
      origin: { kind: 'environment', name: 'TICKSTOCK_IMPORT_EXCHANGES' },
    });
    expect(settings.get('import.dir')?.origin).to.deep.equal({ kind: 'flag' });
    expect(settings.get('database.poolSize')?.origin).to.deep.equal({ kind: 'option' });
    expect(settings.get('database.url')).to.deep.include({ value: undefined, origin: { kind: 'default' } });
    expect(settings.get('universes.bands[1].minUsd')).to.deep.include({
      value: 300_000_000,
      origin: { kind: 'file', file: universes, line: 3, path: ['universes', 'bands', 1, 'minUsd'] },
    });
    expect(settings.get('universes.etfCategories[0].types')?.origin).to.deep.include({ line: 14 });
    expect(settings.get('universes.etfCategories[0].symbols')?.origin).to.deep.equal({ kind: 'default' });
  });

  it('takes what a list of a higher layer leaves out as default, not from the list it replaced', () => {
    const options = { universes: { etfCategories: [{ key: 'etf_value', title: 'Value ETFs' }] } };

    const settings = loadConfig({ dir: folders.make(), options: options }).explain();

    const types = settings.find(({ path }) => path === 'universes.etfCategories[0].types');
    expect(types).to.deep.include({ value: [], origin: { kind: 'default' } });
  });

  it('describes every setting of tickstock.yaml', () => {
    const settings = loadConfig({ dir: folders.make() }).explain();

    const silent = settings.filter(({ path, description }) => /^(database|import|run)\./.test(path) && !description);

    expect(silent).to.deep.equal([]);
  });
});

describe('the password of the database address', () => {
  const folders = new ConfigFolders();
  after(() => folders.remove());

  const addresses = [
    ['postgres://user:hunter2@host:5432/db', 'postgres://user:***@host:5432/db'],
    ['postgres://user:a@hunter2/x?y#z@host/db', 'postgres://user:***@host/db'],
    ['postgresql://:hunter2@host/db', 'postgresql://:***@host/db'],
    [
      'postgres://host/db?user=u&password=hunter2&sslmode=require',
      'postgres://host/db?user=u&password=***&sslmode=require',
    ],
    ['postgres://user@host/db', 'postgres://user@host/db'],
  ] as const;
  for (const [url, masked] of addresses) {
    it(`is hidden in what is explained: ${masked}`, () => {
      const loaded = loadConfig({ dir: folders.make(), environment: { DATABASE_URL: url } });

      expect(loaded.config.database.url).to.equal(url);
      expect(loaded.explain().find(({ path }) => path === 'database.url')?.value).to.equal(masked);
    });
  }

  const mistakes = {
    'in a variable with another scheme': { environment: { DATABASE_URL: 'mysql://u:hunter2@h/db' } },
    'in a variable without a scheme': { environment: { DATABASE_URL: 'host=h password=hunter2' } },
    'in the place of the section': { tickstock: 'database: postgres://u:hunter2@h/db\n' },
    'under a wrong name': { tickstock: 'database: { urll: "postgres://u:hunter2@h/db" }\n' },
    'as a list': { tickstock: 'database: { url: ["postgres://u:hunter2@h/db"] }\n' },
    'in another setting': { tickstock: 'database: { poolSize: "postgres://u:hunter2@h/db" }\n' },
    'on a line that is not YAML': { tickstock: 'database:\n  url: postgres://u:hunter2@h: 5\n }hunter2\n' },
  };
  for (const [title, { environment, tickstock }] of Object.entries<{ environment?: object; tickstock?: string }>(
    mistakes,
  )) {
    it(`is not in the error when it stands ${title}`, () => {
      const dir = folders.make({ 'tickstock.yaml': tickstock ?? VALID_FILES['tickstock.yaml'] });

      const load = () => loadConfig({ dir, environment: { ...environment } });

      expect(load).to.throw().with.property('code', 'EOD_CONFIG_INVALID');
      expect(load)
        .to.throw()
        .and.satisfy((error: unknown) => !JSON.stringify(error).includes('hunter2'));
    });
  }
});
