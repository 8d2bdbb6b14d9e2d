import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { assertProtected } from '../../../src/http/index.js';
import { loadKeys } from '../../../src/http/access/key-ring.js';
import { loadConfig, PipelineError, silentLogger, type Config } from '../../../src/index.js';
import { KEY, withService } from '../service.js';

const OTHER_KEY = 'other-key-fedcba9876543210';

describe('a service without keys', () => {
  it('refuses every request but /health, and names the setting', () =>
    withService({ apiKeys: [] }, async (service) => {
      const status = await service.call('GET', '/api/processing/status', { key: null });
      const withKey = await service.call('GET', '/api/processing/status');
      const health = await service.call('GET', '/health', { key: null });

      expect([status.status, withKey.status, health.status]).to.deep.equal([401, 401, 200]);
      expect(status.body['hint']).to.include('TICKSTOCKPL_API_KEY').and.include('TICKSTOCK_HTTP_TRUST_LOOPBACK');
    }));

  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'db.internal']) {
    it(`refuses to listen on ${host}`, () => {
      const { config } = loadConfig({ options: { http: { host } } });

      expect(() => assertProtected(config.http))
        .to.throw(PipelineError, host)
        .with.property('code', 'EOD_CONFIG_INVALID');
    });
  }

  it('may listen on loopback, and on every address when there is a key', () => {
    const check = (options: Partial<Config['http']>) =>
      assertProtected(loadConfig({ options: { http: options } }).config.http).isClosed;

    expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].map((host) => check({ host }))).to.deep.equal([
      true,
      true,
      true,
      true,
    ]);
    expect(check({ trustLoopback: true })).to.equal(false);
    expect(check({ host: '0.0.0.0', apiKeys: [KEY] })).to.equal(false);
  });
});

describe('the key file', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickstock-keys-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  const load = async (text: string, mode = 0o600) => {
    const file = join(folder, 'keys');
    const warnings: string[] = [];
    await writeFile(file, text);
    await chmod(file, mode);
    const { config } = loadConfig({ options: { http: { apiKeyFile: file } } });
    const keys = loadKeys(config.http, { ...silentLogger, warn: (_, message) => void warnings.push(message) });
    return { keys, warnings };
  };

  it('has one key per line, and comments', async () => {
    const { keys, warnings } = await load(`# of the web application\n${KEY}\n\n  ${OTHER_KEY}  # old\r\n`);

    expect(keys.identify(KEY)?.fingerprint).to.match(/^[0-9a-f]{8}$/);
    expect(keys.identify(OTHER_KEY)?.fingerprint).to.not.equal(keys.identify(KEY)?.fingerprint);
    expect(keys.identify('wrong')).to.equal(undefined);
    expect(keys.size).to.equal(2);
    expect(warnings).to.deep.equal([]);
  });

  it('names the rights of a key after it; without them it has those of http.keyRights', async () => {
    const { keys } = await load(`${KEY} read,operate # of the web application\n${OTHER_KEY}\n`);

    expect([...(keys.identify(KEY)?.rights ?? [])]).to.deep.equal(['read', 'operate']);
    expect([...(keys.identify(OTHER_KEY)?.rights ?? [])]).to.deep.equal(['read', 'operate', 'decide', 'force']);
  });

  it('restricts a key that the environment has too: rights that are named for a key count alone', async () => {
    const file = join(folder, 'restricted');
    await writeFile(file, `${KEY} read\n`, { mode: 0o600 });
    const { config } = loadConfig({ options: { http: { apiKeys: [KEY, OTHER_KEY], apiKeyFile: file } } });
    const keys = loadKeys(config.http, silentLogger);

    expect([...(keys.identify(KEY)?.rights ?? [])]).to.deep.equal(['read']);
    expect(keys.identify(OTHER_KEY)?.rights.size).to.equal(4);
    expect(keys.size).to.equal(2);
  });

  it('causes a warning when other users can read it', async function () {
    if (process.platform === 'win32') this.skip();
    const { warnings } = await load(`${KEY}\n`, 0o644);

    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.include('chmod 600');
  });

  it('causes a warning when a key is short, without showing it', async () => {
    const { keys, warnings } = await load(`${KEY}\nhunter2\n`);

    expect(keys.size).to.equal(2);
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.include('1 of 2 API keys').and.not.include('hunter2');
  });

  for (const [title, text] of [
    ['holds a key with a space in it', `${KEY}\nshort, and two\n`],
    ['holds no key', '# nothing\n'],
    ['names a right that does not exist', `${KEY} read,write\n`],
    ['has a space between two rights', `${KEY} read, operate\n`],
  ] as const) {
    it(`is refused when it ${title}, without showing its content`, async () => {
      const error: unknown = await load(text).catch((thrown: unknown) => thrown);

      expect(error).to.be.instanceOf(PipelineError).with.property('code', 'EOD_CONFIG_INVALID');
      expect(String(error)).not.to.include(KEY).and.not.include('short,');
    });
  }

  it('is refused when it does not exist', () => {
    const { config } = loadConfig({ options: { http: { apiKeyFile: join(folder, 'nowhere') } } });

    expect(() => loadKeys(config.http, silentLogger)).to.throw(PipelineError, 'cannot be read');
  });
});
