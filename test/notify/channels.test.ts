import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import type { SessionDate } from '../../src/core/session.js';
import type { Channel } from '../../src/notify/channel.js';
import { createCommand } from '../../src/notify/channels/command.js';
import { createSlack } from '../../src/notify/channels/slack.js';
import { createWebhook } from '../../src/notify/channels/webhook.js';
import type { OutgoingMessage } from '../../src/notify/message.js';
import { bodiesOf, startReceiver, type Receiver } from './receiver.js';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;

const MESSAGE: OutgoingMessage = {
  id: '0190b2a4-0000-7000-8000-000000000001',
  cause: 'hold.opened',
  session: '2026-06-30' as SessionDate,
  createdAt: new Date('2026-07-01T00:20:00Z'),
  title: '2 universes are held in 2026-06-30',
  lines: ['mega_cap: empty <now> & before', 'The members published before are kept.'],
  command: 'tickstock holds',
  facts: { holds: [{ id: 1 }, { id: 2 }] },
};

async function send(channel: Channel, withinMs = 5000): Promise<string | undefined> {
  return channel.send(MESSAGE, AbortSignal.timeout(withinMs)).then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  );
}

describe('the webhook', () => {
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await startReceiver();
  });

  afterEach(() => receiver.close());

  const toReceiver = (options: { url?: string; allowPrivate?: boolean } = {}): Channel =>
    createWebhook({ url: `${receiver.url}/hooks/tickstock?of=1`, secret: SECRET, allowPrivate: true, ...options });

  it('sends JSON that the reference library of Standard Webhooks verifies', async () => {
    expect(await send(toReceiver())).to.equal(undefined);

    const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = receiver.received;
    const verified = new Webhook(SECRET).verify(body, headers as Record<string, string>) as Record<string, unknown>;
    expect(path).to.equal('/hooks/tickstock?of=1');
    expect(headers).to.include({ 'webhook-id': MESSAGE.id, 'content-type': 'application/json' });
    expect(verified).to.deep.equal({
      type: 'hold.opened',
      timestamp: '2026-07-01T00:20:00.000Z',
      data: {
        session: '2026-06-30',
        title: MESSAGE.title,
        lines: MESSAGE.lines,
        command: 'tickstock holds',
        facts: { holds: [{ id: 1 }, { id: 2 }] },
      },
    });
    expect(() =>
      new Webhook(`whsec_${Buffer.alloc(32, 1).toString('base64')}`).verify(body, headers as never),
    ).to.throw();
  });

  it('takes a secret without its prefix', async () => {
    await send(createWebhook({ url: receiver.url, secret: SECRET.slice('whsec_'.length), allowPrivate: true }));

    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).to.be.an('object');
  });

  for (const status of [400, 404, 429, 500, 503]) {
    it(`is not accepted when the answer is ${status}`, async () => {
      receiver.answer = (response) => void response.writeHead(status).end('why');

      expect(await send(toReceiver())).to.equal(`the answer was ${status}`);
    });
  }

  it('follows no redirect', async () => {
    const other = await startReceiver();
    receiver.answer = (response) => void response.writeHead(307, { location: other.url }).end();

    const problem = await send(toReceiver());
    await other.close();

    expect(problem).to.equal('the answer was 307; redirects are not followed');
    expect(other.received).to.deep.equal([]);
  });

  it('gives up a receiver that does not answer, and one whose body never ends', async () => {
    receiver.answer = () => undefined;
    expect(await send(toReceiver(), 150)).to.equal('no answer of 127.0.0.1 in time');

    receiver.answer = (response) => void response.writeHead(200).write('{');
    expect(await send(toReceiver(), 1000)).to.equal(undefined);
  });

  it('says when nothing listens, without the path of the address', async () => {
    await receiver.close();

    const problem = await send(toReceiver());

    expect(problem).to.include('ECONNREFUSED').and.not.include('hooks');
    receiver = await startReceiver();
  });

  for (const host of [
    '127.0.0.1',
    'localhost',
    '0.0.0.0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '10.0.0.1',
    '169.254.169.254',
  ]) {
    it(`does not connect to ${host} unless that is allowed`, async () => {
      const problem = await send(toReceiver({ url: `http://${host}:${receiver.port}/`, allowPrivate: false }));

      expect(problem).to.include('notify.allowPrivate allows it');
      expect(receiver.received).to.deep.equal([]);
    });
  }

  it('shows only the host of its address', () => {
    expect(toReceiver().target).to.equal(`127.0.0.1:${receiver.port}`);
  });
});

describe('the Slack channel', () => {
  it('sends text with the characters escaped that have a meaning', async () => {
    const receiver = await startReceiver();
    await send(createSlack({ url: receiver.url, allowPrivate: true }));
    await receiver.close();

    expect(bodiesOf(receiver)).to.deep.equal([
      {
        text: [
          '*2 universes are held in 2026-06-30*',
          'mega_cap: empty &lt;now&gt; &amp; before',
          'The members published before are kept.',
          '`tickstock holds`',
        ].join('\n'),
      },
    ]);
  });
});

describe('the command', () => {
  let folder: string;
  const run = async (script: string, withinMs?: number): Promise<string | undefined> =>
    send(createCommand(['/bin/sh', '-c', script, 'sh', folder]), withinMs);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickstock-notify-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('gets the text on standard input and JSON in its environment, and nothing else of the environment', async () => {
    process.env['TICKSTOCK_TEST_SECRET'] = 'of this process';
    const problem = await run('cat > "$1/text"; env > "$1/environment"');
    delete process.env['TICKSTOCK_TEST_SECRET'];

    const text = await readFile(join(folder, 'text'), 'utf8');
    const environment = await readFile(join(folder, 'environment'), 'utf8');
    expect(problem).to.equal(undefined);
    expect(text).to.equal(`${[MESSAGE.title, ...MESSAGE.lines, '> tickstock holds'].join('\n')}\n`);
    expect(environment)
      .to.include('TICKSTOCK_NOTIFICATION={"type":"hold.opened"')
      .and.not.include('TICKSTOCK_TEST_SECRET');
  });

  it('is not accepted when it ends with another code than 0, for the reason it writes', async () => {
    expect(await run('echo no route to mail >&2; exit 3')).to.equal('it ended with 3: no route to mail');
  });

  it('may leave its input unread', async () => {
    expect(await run('exit 0')).to.equal(undefined);
  });

  it('is killed when it does not end', async () => {
    expect(await run('exec sleep 60', 200)).to.equal('it did not end in time');
  });

  it('is not accepted when the program is missing', async () => {
    expect(await send(createCommand(['tickstock-no-such-program']))).to.include('ENOENT');
  });
});
