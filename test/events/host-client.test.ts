import { expect } from 'chai';
import { Redis } from 'ioredis';
import { adoptRedis } from '../../src/events/redis.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { skipWithoutRedis, startRedis, type TestRedis } from '../support/redis.js';
import { commitEvents, countWaiting, numberedFrom, numbersOf, RUN } from './drafts.js';
import { bodiesOf, COMMAND_TIMEOUT_MS, readStream, startRelay, until, withoutRepetitions } from './relaying.js';

const LONG_MS = 50_000;

describe("a host's Redis client", () => {
  let test: TestDatabase;
  let redis: TestRedis;

  before(function () {
    skipWithoutRedis(this);
  });

  beforeEach(async () => {
    test = await createTestDatabase();
    redis = await startRedis();
  });

  afterEach(async () => {
    await redis.stop();
    await test.drop();
  });

  it('is used as it is, and is left as it was', async () => {
    const client = redis.connect();
    await client.ping();
    const listeners = countListeners(client);
    await commitEvents(test.database, RUN, numberedFrom(1, 3));
    const relaying = startRelay(test.database, adoptRedis(client, { commandTimeoutMs: COMMAND_TIMEOUT_MS }));

    const drained = await relaying.relay.drain(LONG_MS);
    await relaying.stop();

    expect(drained).to.equal(true);
    expect(numbersOf(bodiesOf(await readStream(redis.connect())))).to.deep.equal([1, 2, 3]);
    expect(countListeners(client)).to.deep.equal(listeners);
    expect(await client.ping()).to.equal('PONG');
    expect(relaying.link.status).to.deep.equal({ state: 'down', reason: 'closed' });
  });

  it('may be one that connects with its first command', async () => {
    const client = new Redis({ path: redis.url, lazyConnect: true });
    await commitEvents(test.database, RUN, numberedFrom(1, 3));
    const relaying = startRelay(test.database, adoptRedis(client, { commandTimeoutMs: COMMAND_TIMEOUT_MS }));

    const drained = await relaying.relay.drain(LONG_MS);
    await relaying.stop();
    client.disconnect();

    expect(drained).to.equal(true);
  });

  it('may be refused what it asks; the events go when that is over', async () => {
    const subscriber = new Redis({ path: redis.url, protocol: 2 });
    await subscriber.subscribe('host');
    await commitEvents(test.database, RUN, numberedFrom(1, 3));
    const relaying = startRelay(test.database, adoptRedis(subscriber, { commandTimeoutMs: COMMAND_TIMEOUT_MS }));

    await until(() => relaying.warnings.length === 1);
    const { reason } = relaying.relay;
    await subscriber.unsubscribe('host');
    await until(async () => (await countWaiting(test.database)) === 0);
    await relaying.stop();
    subscriber.disconnect();

    expect(reason).to.match(/subscriber mode/);
  });

  for (const [trouble, begin, end] of [
    ['killed', (server: TestRedis) => server.kill(), (server: TestRedis) => server.restart()],
    [
      'stopped in its tracks',
      async (server: TestRedis) => server.pause(),
      async (server: TestRedis) => server.resume(),
    ],
  ] as const) {
    it(`gets the events to a Redis that was ${trouble}, however the client waits for it`, async () => {
      const client = new Redis({ path: redis.url, retryStrategy: () => 50 });
      client.on('error', () => undefined);
      const relaying = startRelay(test.database, adoptRedis(client, { commandTimeoutMs: COMMAND_TIMEOUT_MS }));
      await relaying.relay.drain(LONG_MS);

      await begin(redis);
      for (let first = 1; first <= 41; first += 10) {
        await commitEvents(test.database, RUN, numberedFrom(first, first + 9));
        relaying.relay.wake();
      }
      await until(() => relaying.warnings.length === 1);
      await end(redis);
      await until(async () => (await countWaiting(test.database)) === 0);
      await relaying.relay.drain(LONG_MS);
      await relaying.stop();

      const numbers = numbersOf(bodiesOf(withoutRepetitions(await readStream(redis.connect()))));
      expect(numbers).to.deep.equal(Array.from({ length: 50 }, (_, index) => index + 1));
      expect(relaying.warnings).to.have.length(1);
      expect(relaying.infos).to.deep.equal(['Redis is back; 50 waiting events delivered']);
      client.disconnect();
    });
  }
});

function countListeners(client: Redis): Record<string, number> {
  return Object.fromEntries(client.eventNames().map((name) => [String(name), client.listenerCount(name)]));
}
