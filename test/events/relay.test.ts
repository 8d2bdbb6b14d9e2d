import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/core/clock.js';
import { silentLogger } from '../../src/core/logger.js';
import { appendToOutbox } from '../../src/events/outbox.js';
import { connectRedis } from '../../src/events/redis.js';
import { EventRelay } from '../../src/events/relay.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { skipWithoutRedis, startRedis, type TestRedis } from '../support/redis.js';
import {
  AT,
  CHANNEL,
  commitEvents,
  countWaiting,
  numbered,
  numberedFrom,
  numbersOf,
  OTHER_RUN,
  RUN,
} from './drafts.js';
import { bodiesOf, listen, readStream, startRelay, until, withoutRepetitions, type Relaying } from './relaying.js';

const LONG_MS = 50_000;
/** For what is large: a busy machine may take seconds to send it. */
const PATIENT = { commandTimeoutMs: 30_000 };

describe('the relay', () => {
  let test: TestDatabase;
  let redis: TestRedis;
  let relaying: Relaying | undefined;

  before(function () {
    skipWithoutRedis(this);
  });

  before(async () => {
    redis = await startRedis();
  });

  beforeEach(async () => {
    test = await createTestDatabase();
    await redis.connect().flushall();
  });

  afterEach(async () => {
    await relaying?.stop();
    relaying = undefined;
    await test.drop();
  });

  after(async () => {
    await redis?.stop();
  });

  it('adds an event to the stream, tells it on every one of its channels, and marks it', async () => {
    const heard = await listen(redis.connect());
    await commitEvents(test.database, RUN, [numbered(1, ['tickstock:test:one', 'tickstock:test:two'])]);

    relaying = startRelay(test.database, redis.url);
    const drained = await relaying.relay.drain(LONG_MS);

    expect(drained).to.equal(true);
    const [entry, ...others] = await readStream(redis.connect());
    expect(others).to.deep.equal([]);
    expect(entry).to.deep.include({ run_id: RUN, sequence: '1', channel: 'tickstock:test:one', event: 'numbered' });
    expect(JSON.parse(entry?.['body'] ?? '')).to.deep.equal({
      event: 'numbered',
      timestamp: AT.toISOString(),
      source: 'test',
      version: '1.0',
      event_id: entry?.['event_id'],
      sequence: 1,
      payload: { number: 1 },
    });
    await until(() => heard.messages.length === 2);
    expect(heard.channels).to.deep.equal(['tickstock:test:one', 'tickstock:test:two']);
    expect(heard.messages).to.deep.equal([entry?.['body'], entry?.['body']]);
    expect(await countWaiting(test.database)).to.equal(0);
  });

  it('keeps the order of every run over many pages, and leaves nothing out', async () => {
    const runs = [...Array.from({ length: 5 }, () => randomUUID()), null];
    for (const first of [1, 401, 1201]) {
      for (const run of runs)
        await commitEvents(test.database, run, numberedFrom(first, first === 1201 ? 1203 : first * 2 + 398));
    }

    relaying = startRelay(test.database, redis.url);
    await relaying.relay.drain(LONG_MS);

    const entries = await readStream(redis.connect());
    for (const run of runs) {
      const numbers = numbersOf(bodiesOf(entries.filter((entry) => entry['run_id'] === (run ?? ''))));
      expect(numbers).to.deep.equal(Array.from({ length: 1203 }, (_, index) => index + 1));
    }
  });

  it('shares the work with other relays of the database without a repetition and without losing the order', async () => {
    const runs = Array.from({ length: 12 }, () => randomUUID());
    const others = [startRelay(test.database, redis.url), startRelay(test.database, redis.url)];
    relaying = startRelay(test.database, redis.url);
    const all = [relaying, ...others];

    for (const first of [1, 51, 101]) {
      await Promise.all(runs.map((run) => commitEvents(test.database, run, numberedFrom(first, first + 49))));
      for (const { relay } of all) relay.wake();
    }
    const drained = await Promise.all(all.map(({ relay }) => relay.drain(LONG_MS)));

    expect(drained).to.deep.equal([true, true, true]);
    const entries = await readStream(redis.connect());
    expect(entries).to.have.length(12 * 150);
    for (const run of runs) {
      const numbers = numbersOf(bodiesOf(entries.filter((entry) => entry['run_id'] === run)));
      expect(numbers).to.deep.equal(Array.from({ length: 150 }, (_, index) => index + 1));
    }
    await Promise.all(others.map((other) => other.stop()));
  });

  it('notices what another process has committed, without being woken', async () => {
    relaying = startRelay(test.database, redis.url);
    await relaying.relay.drain(LONG_MS);

    await commitEvents(test.database, RUN, [numbered(1)]);

    await until(async () => (await countWaiting(test.database)) === 0);
    expect(await readStream(redis.connect())).to.have.length(1);
  });

  it('sends nothing of a transaction that is not committed', async () => {
    relaying = startRelay(test.database, redis.url);
    const { relay } = relaying;

    await test.database
      .transaction(async ({ client }) => {
        await appendToOutbox(client, RUN, [numbered(1)], AT);
        await relay.drain(LONG_MS);
        expect(await readStream(redis.connect())).to.deep.equal([]);
        throw new Error('no');
      })
      .catch((error: unknown) => expect(String(error)).to.include('no'));

    await relay.drain(LONG_MS);
    expect(await readStream(redis.connect())).to.deep.equal([]);
  });

  it('keeps about as many events in the stream as it is told', async () => {
    await commitEvents(test.database, RUN, numberedFrom(1, 2000));

    relaying = startRelay(test.database, connectRedis(redis.url, PATIENT), 300);
    await relaying.relay.drain(LONG_MS);

    const numbers = numbersOf(bodiesOf(await readStream(redis.connect())));
    expect(numbers.length).to.be.within(300, 600);
    expect(numbers.at(-1)).to.equal(2000);
  });

  it('sends an event that is larger than a page, or holds a NUL', async () => {
    const [large, nul] = ['x'.repeat(3 << 20), 'a\u0000b'];
    const drafts = [large, nul].map((text) => ({ ...numbered(1), payload: { text } }));
    await commitEvents(test.database, RUN, [numbered(1), ...drafts, numbered(2)]);

    relaying = startRelay(test.database, connectRedis(redis.url, PATIENT));
    await relaying.relay.drain(LONG_MS);

    const payloads = bodiesOf(await readStream(redis.connect())).map(
      (body) => (JSON.parse(body) as { payload: object }).payload,
    );
    expect(payloads).to.deep.equal([{ number: 1 }, { text: large }, { text: nul }, { number: 2 }]);
  });

  it('waits for nothing where there is no Redis, and leaves the events where they are', async () => {
    await commitEvents(test.database, RUN, [numbered(1)]);
    const relay = new EventRelay({
      database: test.database,
      redis: null,
      clock: systemClock,
      logger: silentLogger,
      streamMaxLength: 100,
    });

    relay.start();
    relay.publishLive([numbered(2)]);
    relay.wake();

    expect(relay.state).to.equal('disabled');
    expect(await relay.drain(LONG_MS)).to.equal(true);
    await relay.stop();
    expect(await countWaiting(test.database)).to.equal(1);
  });

  it('sends nothing more once it is stopped', async () => {
    relaying = startRelay(test.database, redis.url);
    await relaying.relay.drain(LONG_MS);
    await relaying.relay.stop();

    await commitEvents(test.database, RUN, [numbered(1)]);
    relaying.relay.wake();
    relaying.relay.publishLive([numbered(2)]);

    expect(await relaying.relay.drain(LONG_MS)).to.equal(false);
    expect(await countWaiting(test.database)).to.equal(1);
  });

  it('continues where the logger fails', async () => {
    const fail = (): never => {
      throw new Error('no space left for logs');
    };
    const link = connectRedis(redis.url, { commandTimeoutMs: 5000 });
    const logger = { info: fail, warn: fail, error: fail };
    const relay = new EventRelay({
      database: test.database,
      redis: link,
      clock: systemClock,
      logger,
      streamMaxLength: 100,
    });
    await test.database.pool.query('alter table pipeline.outbox rename to gone');
    relay.start();
    await relay.drain(300);
    await test.database.pool.query('alter table pipeline.gone rename to outbox');
    await commitEvents(test.database, RUN, [numbered(1)]);

    const drained = await relay.drain(LONG_MS);
    await relay.stop();
    await link.close();

    expect(drained).to.equal(true);
  });

  describe('with the database in trouble', () => {
    it('continues after its connections were cut, and says it once', async () => {
      relaying = startRelay(test.database, redis.url);
      await relaying.relay.drain(LONG_MS);
      await test.database.pool.query('alter table pipeline.outbox rename to gone');
      relaying.relay.wake();
      await until(() => relaying?.warnings.length === 1);
      await test.database.pool
        .query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()')
        .catch(() => undefined);
      // At once, or the relay finds the table before its events.
      await test.database.transaction(async ({ client }) => {
        await client.query('alter table pipeline.gone rename to outbox');
        await appendToOutbox(client, RUN, numberedFrom(1, 3), AT);
      });

      const drained = await relaying.relay.drain(LONG_MS);

      expect(drained).to.equal(true);
      expect(numbersOf(bodiesOf(await readStream(redis.connect())))).to.deep.equal([1, 2, 3]);
      expect(relaying.warnings).to.deep.equal([
        'The outbox cannot be read (relation "pipeline.outbox" does not exist); delivery continues when it can',
      ]);
      expect(relaying.infos).to.deep.equal(['The outbox can be read again; 3 waiting events delivered']);
    });

    it('sends again what was sent but could not be marked', async () => {
      await test.database.pool.query(`
        create function pipeline.refuse() returns trigger language plpgsql as $$ begin raise 'disk full'; end $$;
        create trigger refuse before update on pipeline.outbox execute function pipeline.refuse()`);
      await commitEvents(test.database, RUN, numberedFrom(1, 3));
      relaying = startRelay(test.database, redis.url);
      await until(() => relaying?.warnings.length === 1);
      await test.database.pool.query('drop trigger refuse on pipeline.outbox');

      await relaying.relay.drain(LONG_MS);

      const entries = await readStream(redis.connect());
      expect(entries.length).to.be.above(3);
      expect(numbersOf(bodiesOf(withoutRepetitions(entries)))).to.deep.equal([1, 2, 3]);
    });
  });

  describe('with live events', () => {
    const live = (number: number, phase = 'cache_sync', runId = RUN) => ({
      event: 'progress',
      channels: [CHANNEL],
      source: 'test',
      payload: { number, phase, run_id: runId },
    });

    it('tells them to whoever listens, and keeps them nowhere', async () => {
      const heard = await listen(redis.connect());
      relaying = startRelay(test.database, redis.url);
      await relaying.relay.drain(LONG_MS);

      relaying.relay.publishLive([live(1)]);

      await until(() => heard.messages.length === 1);
      const envelope = JSON.parse(heard.messages[0] ?? '') as Record<string, unknown>;
      expect(envelope).to.deep.include({ event: 'progress', version: '1.0', payload: live(1).payload });
      expect(envelope['timestamp']).to.match(/^\d{4}-\d\d-\d\dT.*Z$/);
      expect(envelope).to.not.have.any.keys('event_id', 'sequence');
      expect(await readStream(redis.connect())).to.deep.equal([]);
    });

    it('sends none before events that were committed earlier', async () => {
      const heard = await listen(redis.connect());
      relaying = startRelay(test.database, redis.url);
      const { relay } = relaying;
      await relay.drain(LONG_MS);

      for (let round = 0; round < 20; round += 1) {
        await commitEvents(test.database, RUN, numberedFrom(round * 10 + 1, round * 10 + 9));
        relay.publishLive([live(round * 10 + 10)]);
        await until(() => numbersOf(heard.messages).includes(round * 10 + 10));
      }

      expect(numbersOf(heard.messages)).to.deep.equal(Array.from({ length: 200 }, (_, index) => index + 1));
    });

    it('keeps the newest of each phase only, while earlier events are being sent', async () => {
      const heard = await listen(redis.connect());
      relaying = startRelay(test.database, redis.url);
      await relaying.relay.drain(LONG_MS);
      await commitEvents(test.database, null, numberedFrom(1, 500));

      for (let number = 1001; number <= 1050; number += 1) {
        relaying.relay.publishLive([live(number), live(number + 1000, 'data_import')]);
      }

      await until(() => heard.messages.length >= 502);
      expect(numbersOf(heard.messages)).to.deep.equal([
        ...Array.from({ length: 500 }, (_, index) => index + 1),
        1050,
        2050,
      ]);
    });

    it("drops one that its run's later events have overtaken", async () => {
      const heard = await listen(redis.connect());
      relaying = startRelay(test.database, redis.url);
      await relaying.relay.drain(LONG_MS);
      await commitEvents(test.database, null, numberedFrom(1, 500));

      relaying.relay.publishLive([live(1001), live(1002, 'cache_sync 2', OTHER_RUN)]);
      await commitEvents(test.database, RUN, [numbered(501)], new Date(systemClock.now() + 1));
      await relaying.relay.drain(LONG_MS);

      await until(() => heard.messages.length >= 502);
      expect(numbersOf(heard.messages).slice(500)).to.have.members([501, 1002]);
    });
  });
});
