import { expect } from 'chai';
import { systemClock } from '../../src/core/clock.js';
import { appendToOutbox } from '../../src/events/outbox.js';
import { AT, CHANNEL, commitEvents, numbered, numberedFrom, numbersOf, OTHER_RUN, RUN } from './drafts.js';
import { bodiesOf, listen, readStream, startRelay, until, withoutRepetitions } from './relaying.js';
import { useRelay, LONG_MS } from './relay-fixture.js';

describe('the relay', () => {
  const given = useRelay();

  describe('with the database in trouble', () => {
    it('continues after its connections were cut, and says it once', async () => {
      given.relaying = startRelay(given.test.database, given.redis.url);
      await given.relaying.relay.drain(LONG_MS);
      await given.test.database.pool.query('alter table pipeline.outbox rename to gone');
      given.relaying.relay.wake();
      await until(() => given.relaying?.warnings.length === 1);
      await given.test.database.pool
        .query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()')
        .catch(() => undefined);
      // At once, or the relay finds the table before its events.
      await given.test.database.transaction(async ({ client }) => {
        await client.query('alter table pipeline.gone rename to outbox');
        await appendToOutbox(client, RUN, numberedFrom(1, 3), AT);
      });

      const drained = await given.relaying.relay.drain(LONG_MS);

      expect(drained).to.equal(true);
      expect(numbersOf(bodiesOf(await readStream(given.redis.connect())))).to.deep.equal([1, 2, 3]);
      expect(given.relaying.warnings).to.deep.equal([
        'The outbox cannot be read (relation "pipeline.outbox" does not exist); delivery continues when it can',
      ]);
      expect(given.relaying.infos).to.deep.equal(['The outbox can be read again; 3 waiting events delivered']);
    });

    it('sends again what was sent but could not be marked', async () => {
      await given.test.database.pool.query(`
        create function pipeline.refuse() returns trigger language plpgsql as $$ begin raise 'disk full'; end $$;
        create trigger refuse before update on pipeline.outbox execute function pipeline.refuse()`);
      await commitEvents(given.test.database, RUN, numberedFrom(1, 3));
      given.relaying = startRelay(given.test.database, given.redis.url);
      await until(() => given.relaying?.warnings.length === 1);
      await given.test.database.pool.query('drop trigger refuse on pipeline.outbox');

      await given.relaying.relay.drain(LONG_MS);

      const entries = await readStream(given.redis.connect());
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
      const heard = await listen(given.redis.connect());
      given.relaying = startRelay(given.test.database, given.redis.url);
      await given.relaying.relay.drain(LONG_MS);

      given.relaying.relay.publishLive([live(1)]);

      await until(() => heard.messages.length === 1);
      const envelope = JSON.parse(heard.messages[0] ?? '') as Record<string, unknown>;
      expect(envelope).to.deep.include({ event: 'progress', version: '1.0', payload: live(1).payload });
      expect(envelope['timestamp']).to.match(/^\d{4}-\d\d-\d\dT.*Z$/);
      expect(envelope).to.not.have.any.keys('event_id', 'sequence');
      expect(await readStream(given.redis.connect())).to.deep.equal([]);
    });

    it('sends none before events that were committed earlier', async () => {
      const heard = await listen(given.redis.connect());
      given.relaying = startRelay(given.test.database, given.redis.url);
      const { relay } = given.relaying;
      await relay.drain(LONG_MS);

      for (let round = 0; round < 20; round += 1) {
        await commitEvents(given.test.database, RUN, numberedFrom(round * 10 + 1, round * 10 + 9));
        relay.publishLive([live(round * 10 + 10)]);
        await until(() => numbersOf(heard.messages).includes(round * 10 + 10));
      }

      expect(numbersOf(heard.messages)).to.deep.equal(Array.from({ length: 200 }, (_, index) => index + 1));
    });

    it('keeps the newest of each phase only, while earlier events are being sent', async () => {
      const heard = await listen(given.redis.connect());
      given.relaying = startRelay(given.test.database, given.redis.url);
      await given.relaying.relay.drain(LONG_MS);
      await commitEvents(given.test.database, null, numberedFrom(1, 500));

      for (let number = 1001; number <= 1050; number += 1) {
        given.relaying.relay.publishLive([live(number), live(number + 1000, 'data_import')]);
      }

      await until(() => heard.messages.length >= 502);
      expect(numbersOf(heard.messages)).to.deep.equal([
        ...Array.from({ length: 500 }, (_, index) => index + 1),
        1050,
        2050,
      ]);
    });

    it("drops one that its run's later events have overtaken", async () => {
      const heard = await listen(given.redis.connect());
      given.relaying = startRelay(given.test.database, given.redis.url);
      await given.relaying.relay.drain(LONG_MS);
      await commitEvents(given.test.database, null, numberedFrom(1, 500));

      given.relaying.relay.publishLive([live(1001), live(1002, 'cache_sync 2', OTHER_RUN)]);
      await commitEvents(given.test.database, RUN, [numbered(501)], new Date(systemClock.now() + 1));
      await given.relaying.relay.drain(LONG_MS);

      await until(() => heard.messages.length >= 502);
      expect(numbersOf(heard.messages).slice(500)).to.have.members([501, 1002]);
    });
  });
});
