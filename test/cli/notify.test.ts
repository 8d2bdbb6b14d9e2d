import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { runCommand } from '../support/cli-inside.js';
import { bodiesOf, startReceiver, type Receiver } from '../notify/receiver.js';

describe('tickstock notify', () => {
  let test: TestDatabase;
  let receiver: Receiver;
  let folder: string;

  before(async () => {
    [test, receiver, folder] = await Promise.all([
      createTestDatabase(),
      startReceiver(),
      mkdtemp(join(tmpdir(), 'tickstock-notify-')),
    ]);
  });

  after(async () => {
    await Promise.all([test.drop(), receiver.close(), rm(folder, { recursive: true, force: true })]);
  });

  const run = (args: readonly string[], settings: Record<string, string> = {}) =>
    runCommand(['notify', ...args], { DATABASE_URL: test.url, ...settings });
  const toReceiver = (): Record<string, string> => ({
    TICKSTOCK_NOTIFY_SLACK_URL: `${receiver.url}/services/secret-part`,
    TICKSTOCK_NOTIFY_ALLOW_PRIVATE: 'true',
  });

  it('test sends a message to every channel, and does not show the secret part of an address', async () => {
    const { exitCode, stdout, stderr } = await run(['test'], { ...toReceiver(), TICKSTOCK_NOTIFY_COMMAND: 'cat' });

    expect(exitCode, stderr).to.equal(0);
    expect(stdout)
      .to.match(/slack +127\.0\.0\.1:\d+ +accepted/)
      .and.match(/command +cat +accepted/);
    expect(stdout + stderr).not.to.include('secret-part');
    expect(String(bodiesOf(receiver)[0]?.['text'])).to.include('This is a test.');
  });

  it('test ends with 48 when one does not accept it, and says why', async () => {
    const { exitCode, stdout } = await run(['test', '--json'], { ...toReceiver(), TICKSTOCK_NOTIFY_COMMAND: 'false' });

    expect(exitCode).to.equal(48);
    const results = JSON.parse(stdout) as unknown[];
    expect(results[1]).to.deep.equal({ channel: 'command', target: 'false', error: 'it ended with 1' });
  });

  it('test refuses when nothing is configured, and names the settings', async () => {
    const { exitCode, stderr } = await run(['test']);

    expect(exitCode).to.equal(3);
    expect(stderr).to.include('notify.webhook').and.include('TICKSTOCK_NOTIFY_SLACK_URL');
  });

  it('lists channels and messages', async () => {
    const empty = await run([]);
    await test.database.pool.query(`
      insert into pipeline.notification_channel values ('slack', now());
      insert into pipeline.notification (channel, cause, session, message, error, tries)
      values ('slack', 'session.late', '2026-06-30', '{"title": "2026-06-30 is late", "lines": [], "command": "tickstock sessions"}', 'the answer was 500', 1)`);
    const { stdout } = await run([], toReceiver());
    const json = await run(['--json'], toReceiver());

    expect(empty.exitCode).to.equal(0);
    expect(empty.stdout).to.include('no one is notified');
    expect(stdout).to.include('2026-06-30 is late: the answer was 500').and.include('waiting');
    expect(JSON.parse(json.stdout)).to.have.nested.property('notifications[0].cause', 'session.late');
    expect(json.stdout).not.to.include('secret-part');
  });

  for (const [title, settings, says] of [
    [
      'a webhook without a secret',
      { TICKSTOCK_NOTIFY_WEBHOOK_URL: 'https://example.com/x' },
      'needs both url and secret',
    ],
    ['an address without TLS', { TICKSTOCK_NOTIFY_SLACK_URL: 'http://example.com/secret-part' }, 'without TLS'],
    ['an address that is none', { TICKSTOCK_NOTIFY_SLACK_URL: 'hooks.slack.com/secret-part' }, 'begins with https://'],
    [
      'a short secret',
      { TICKSTOCK_NOTIFY_WEBHOOK_URL: 'https://example.com/x', TICKSTOCK_NOTIFY_WEBHOOK_SECRET: 'hunter2' },
      '24 to 64 bytes',
    ],
    ['a cause that does not exist', { TICKSTOCK_NOTIFY_ON: 'session.early' }, 'session.late'],
  ] as const) {
    it(`refuses ${title} without showing it`, async () => {
      const { exitCode, stdout, stderr } = await run([], settings);

      expect(exitCode).to.equal(3);
      expect(stderr).to.include(says);
      expect(stdout + stderr)
        .not.to.include('secret-part')
        .and.not.include('hunter2');
    });
  }

  it('shows no secret of its configuration', async () => {
    const { stdout } = await runCommand(['config', '--explain'], {
      DATABASE_URL: test.url,
      ...toReceiver(),
      TICKSTOCK_NOTIFY_WEBHOOK_URL: 'https://example.com/secret-part',
      TICKSTOCK_NOTIFY_WEBHOOK_SECRET: Buffer.alloc(32, 9).toString('base64'),
    });

    expect(stdout).to.include('notify.webhook.url');
    expect(stdout).not.to.include('secret-part').and.not.include(Buffer.alloc(32, 9).toString('base64'));
  });
});
