import { expect } from 'chai';
import { environmentVariables } from '../../src/config/environment.js';
import { loadConfig } from '../../src/config/load.js';
import { ConfigFolders, thrownBy } from './config-folder.js';

describe('environment variables', () => {
  const folders = new ConfigFolders();
  after(() => folders.remove());
  const load = (environment: Record<string, string>) => loadConfig({ dir: folders.make(), environment });

  it('set every setting of tickstock.yaml under a name made from its path', () => {
    const names = Object.fromEntries(environmentVariables.map(({ name, path }) => [path.join('.'), name]));

    expect(names).to.include({
      'database.url': 'DATABASE_URL',
      'database.connectTimeoutMs': 'TICKSTOCK_DATABASE_CONNECT_TIMEOUT_MS',
      'import.maxPriceUsd': 'TICKSTOCK_IMPORT_MAX_PRICE_USD',
      'run.concurrency': 'TICKSTOCK_RUN_CONCURRENCY',
    });
  });

  it('are read as the type their setting has', () => {
    const { config } = load({
      DATABASE_URL: ' postgresql://localhost/db\n',
      TICKSTOCK_DATABASE_AUTO_MIGRATE: 'False',
      TICKSTOCK_IMPORT_MAX_PRICE_USD: '1e6',
      TICKSTOCK_IMPORT_DIR: '2026',
      TICKSTOCK_IMPORT_EXCHANGES: 'nyse, amex,',
    });

    expect(config.database).to.include({ url: 'postgresql://localhost/db', autoMigrate: false });
    expect(config.import).to.include({ maxPriceUsd: 1_000_000, dir: '2026' });
    expect(config.import.exchanges).to.deep.equal(['nyse', 'amex']);
  });

  it('that do not fit are refused together, each by its name', () => {
    const error = thrownBy(() =>
      load({
        TICKSTOCK_RUN_CONCURRENCY: '0x10',
        TICKSTOCK_DATABASE_AUTO_MIGRATE: 'constructor',
        TICKSTOCK_IMPORT_EXCHANGES: ',',
        TICKSTOCK_DATABASE_POOL_SIZE: '2',
        TICKSTOCK_IMPORT_MAX_PRICE_USD: '1e999',
      }),
    );

    expect(error.message.split('\n').slice(1)).to.have.members([
      '  environment variable TICKSTOCK_RUN_CONCURRENCY: run.concurrency is the text "0x10"; allowed: a whole number from 1 to 32',
      '  environment variable TICKSTOCK_DATABASE_AUTO_MIGRATE: database.autoMigrate is the text "constructor"; allowed: true or false',
      '  environment variable TICKSTOCK_IMPORT_EXCHANGES: import.exchanges is an empty list; allowed: a list, at least 1, each text',
      '  environment variable TICKSTOCK_DATABASE_POOL_SIZE: database.poolSize is 2; allowed: a whole number from 4 to 100',
      '  environment variable TICKSTOCK_IMPORT_MAX_PRICE_USD: import.maxPriceUsd is Infinity; allowed: a number, 0 or more',
    ]);
  });

  for (const url of [
    'postgres://user:secret@localhost:5432/db?sslmode=require',
    'postgresql:///db?host=/var/run/postgresql',
    'postgres://user@/db?host=/var/run/postgresql',
    'postgres://%2Fvar%2Frun%2Fpostgresql/db',
  ]) {
    it(`take the address ${url}, which the pg client reads`, () => {
      expect(load({ DATABASE_URL: url }).config.database.url).to.equal(url);
    });
  }

  for (const url of ['postgres://user:secret@localhost:abc/db', 'postgres://user:sec#ret@localhost/db']) {
    it(`with an address that cannot be read are refused without showing it: ${url}`, () => {
      const error = thrownBy(() => load({ DATABASE_URL: url }));

      expect(error.code).to.equal('EOD_CONFIG_INVALID');
      expect(error.message)
        .to.include('environment variable DATABASE_URL: database.url is an address that cannot be read')
        .and.not.match(/secret|sec#/);
    });
  }

  it('that look like settings but are none give a warning, without their value', () => {
    const { warnings } = load({
      TICKSTOCK_IMPORT_MAX_PRICE: '5',
      TICKSTOCK_DATABASE_URL: 'postgres://u:hunter2@h/db',
      TICKSTOCK_UNLIKE_ANYTHING_HERE: 'hunter2',
      TICKSTOCK_CONFIG_DIR: '/etc/tickstock',
      TICKSTOCK_EMPTY: '',
      TICKSTOCKPL_API_KEY: 'hunter2',
      PATH: '/bin',
    });

    expect(warnings).to.deep.equal([
      'environment variable TICKSTOCK_DATABASE_URL sets nothing; did you mean DATABASE_URL?',
      'environment variable TICKSTOCK_IMPORT_MAX_PRICE sets nothing; did you mean TICKSTOCK_IMPORT_MAX_PRICE_USD?',
      'environment variable TICKSTOCK_UNLIKE_ANYTHING_HERE sets nothing',
    ]);
  });
});
