import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/core/clock.js';
import { silentLogger } from '../../src/core/logger.js';
import { eodCompleted } from '../../src/events/catalogue/index.js';
import { draftEvent } from '../../src/events/event.js';
import { appendToOutbox } from '../../src/events/outbox.js';
import { connectRedis } from '../../src/events/redis.js';
import { EventRelay } from '../../src/events/relay.js';
import { AT, commitEvents, countWaiting, numbered, numberedFrom, numbersOf, RUN } from './drafts.js';
import { bodiesOf, listen, readStream, startRelay, until } from './relaying.js';
import { useRelay, LONG_MS } from './relay-fixture.js';

/** For what is large: a busy machine may take seconds to send it. */
const PATIENT = { commandTimeoutMs: 30_000 };

describe('the relay', () => {
  const given = useRelay();

  it('adds an event to the stream, tells it on every one of its channels, and marks it', async () => {
    const heard = await listen(given.redis.connect());
    await commitEvents(given.test.database, RUN, [numbered(1, ['tickstock:test:one', 'tickstock:test:two'])]);

    given.relaying = startRelay(given.test.database, given.redis.url);
    const drained = await given.relaying.relay.drain(LONG_MS);

    expect(drained).to.equal(true);
    const [entry, ...others] = await readStream(given.redis.connect());
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
    expect(await countWaiting(given.test.database)).to.equal(0);
  });

  it('keeps the newest evening under its key, for readers that were away', async () => {
    const evenings = ['2026-06-29', '2026-06-30'].map((session) =>
      draftEvent(eodCompleted, { ...eodCompleted.example, session }),
    );
    await commitEvents(given.test.database, RUN, evenings);

    given.relaying = startRelay(given.test.database, given.redis.url);
    await given.relaying.relay.drain(LONG_MS);

    const kept = await given.redis.connect().get('tickstock:eod:latest_status');
    expect(JSON.parse(kept ?? '')).to.deep.include({
      event: 'eod_completed',
      payload: { ...eodCompleted.example, session: '2026-06-30' },
    });
  });

  it('keeps the order of every run over many pages, and leaves nothing out', async () => {
    const runs = [...Array.from({ length: 5 }, () => randomUUID()), null];
    for (const first of [1, 401, 1201]) {
      for (const run of runs)
        await commitEvents(given.test.database, run, numberedFrom(first, first === 1201 ? 1203 : first * 2 + 398));
    }

    given.relaying = startRelay(given.test.database, given.redis.url);
    await given.relaying.relay.drain(LONG_MS);

    const entries = await readStream(given.redis.connect());
    for (const run of runs) {
      const numbers = numbersOf(bodiesOf(entries.filter((entry) => entry['run_id'] === (run ?? ''))));
      expect(numbers).to.deep.equal(Array.from({ length: 1203 }, (_, index) => index + 1));
    }
  });

  it('shares the work with other relays of the database without a repetition and without losing the order', async () => {
    const runs = Array.from({ length: 12 }, () => randomUUID());
    const others = [startRelay(given.test.database, given.redis.url), startRelay(given.test.database, given.redis.url)];
    given.relaying = startRelay(given.test.database, given.redis.url);
    const all = [given.relaying, ...others];

    for (const first of [1, 51, 101]) {
      await Promise.all(runs.map((run) => commitEvents(given.test.database, run, numberedFrom(first, first + 49))));
      for (const { relay } of all) relay.wake();
    }
    const drained = await Promise.all(all.map(({ relay }) => relay.drain(LONG_MS)));

    expect(drained).to.deep.equal([true, true, true]);
    const entries = await readStream(given.redis.connect());
    expect(entries).to.have.length(12 * 150);
    for (const run of runs) {
      const numbers = numbersOf(bodiesOf(entries.filter((entry) => entry['run_id'] === run)));
      expect(numbers).to.deep.equal(Array.from({ length: 150 }, (_, index) => index + 1));
    }
    await Promise.all(others.map((other) => other.stop()));
  });

  it('notices what another process has committed, without being woken', async () => {
    given.relaying = startRelay(given.test.database, given.redis.url);
    await given.relaying.relay.drain(LONG_MS);

    await commitEvents(given.test.database, RUN, [numbered(1)]);

    await until(async () => (await countWaiting(given.test.database)) === 0);
    expect(await readStream(given.redis.connect())).to.have.length(1);
  });

  it('sends nothing of a transaction that is not committed', async () => {
    given.relaying = startRelay(given.test.database, given.redis.url);
    const { relay } = given.relaying;

    await given.test.database
      .transaction(async ({ client }) => {
        await appendToOutbox(client, RUN, [numbered(1)], AT);
        await relay.drain(LONG_MS);
        expect(await readStream(given.redis.connect())).to.deep.equal([]);
        throw new Error('no');
      })
      .catch((error: unknown) => expect(String(error)).to.include('no'));

    await relay.drain(LONG_MS);
    expect(await readStream(given.redis.connect())).to.deep.equal([]);
  });

  it('keeps about as many events in the stream as it is told', async () => {
    await commitEvents(given.test.database, RUN, numberedFrom(1, 2000));

    given.relaying = startRelay(given.test.database, connectRedis(given.redis.url, PATIENT), 300);
    await given.relaying.relay.drain(LONG_MS);

    const numbers = numbersOf(bodiesOf(await readStream(given.redis.connect())));
    expect(numbers.length).to.be.within(300, 600);
    expect(numbers.at(-1)).to.equal(2000);
  });

  it('sends an event that is larger than a page, or holds a NUL', async () => {
    const [large, nul] = ['x'.repeat(3 << 20), 'a\u0000b'];
    const drafts = [large, nul].map((text) => ({ ...numbered(1), payload: { text } }));
    await commitEvents(given.test.database, RUN, [numbered(1), ...drafts, numbered(2)]);

    given.relaying = startRelay(given.test.database, connectRedis(given.redis.url, PATIENT));
    await given.relaying.relay.drain(LONG_MS);

    const payloads = bodiesOf(await readStream(given.redis.connect())).map(
      (body) => (JSON.parse(body) as { payload: object }).payload,
    );
    expect(payloads).to.deep.equal([{ number: 1 }, { text: large }, { text: nul }, { number: 2 }]);
  });

  it('waits for nothing where there is no Redis, and leaves the events where they are', async () => {
    await commitEvents(given.test.database, RUN, [numbered(1)]);
    const relay = new EventRelay({
      database: given.test.database,
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
    expect(await countWaiting(given.test.database)).to.equal(1);
  });

  it('sends nothing more once it is stopped', async () => {
    given.relaying = startRelay(given.test.database, given.redis.url);
    await given.relaying.relay.drain(LONG_MS);
    await given.relaying.relay.stop();

    await commitEvents(given.test.database, RUN, [numbered(1)]);
    given.relaying.relay.wake();
    given.relaying.relay.publishLive([numbered(2)]);

    expect(await given.relaying.relay.drain(LONG_MS)).to.equal(false);
    expect(await countWaiting(given.test.database)).to.equal(1);
  });

  it('continues where the logger fails', async () => {
    const fail = (): never => {
      throw new Error('no space left for logs');
    };
    const link = connectRedis(given.redis.url, { commandTimeoutMs: 5000 });
    const logger = { info: fail, warn: fail, error: fail };
    const relay = new EventRelay({
      database: given.test.database,
      redis: link,
      clock: systemClock,
      logger,
      streamMaxLength: 100,
    });
    await given.test.database.pool.query('alter table pipeline.outbox rename to gone');
    relay.start();
    await relay.drain(300);
    await given.test.database.pool.query('alter table pipeline.gone rename to outbox');
    await commitEvents(given.test.database, RUN, [numbered(1)]);

    const drained = await relay.drain(LONG_MS);
    await relay.stop();
    await link.close();

    expect(drained).to.equal(true);
  });
});
