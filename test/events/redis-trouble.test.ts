import { expect } from 'chai';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { skipWithoutRedis, startRedis, type TestRedis, type TestRedisOptions } from '../support/redis.js';
import { commitEvents, countWaiting, numberedFrom, numbersOf, RUN } from './drafts.js';
import { bodiesOf, readStream, startRelay, until, withoutRepetitions, type Relaying } from './relaying.js';

const LONG_MS = 50_000;

/** A Redis that refuses or is not there, what is heard of it, and what ends that. */
interface Trouble {
  readonly title: string;
  readonly redis?: TestRedisOptions;
  readonly url?: (redis: TestRedis) => string;
  /** Where the trouble does not come with the server. */
  readonly begin?: (redis: TestRedis) => Promise<unknown>;
  readonly reason: RegExp;
  readonly end: (redis: TestRedis) => Promise<unknown>;
}

const TROUBLES: readonly Trouble[] = [
  {
    title: 'not there when the program starts',
    redis: { started: false },
    reason: /^connect ENOENT /,
    end: (redis) => redis.restart(),
  },
  {
    title: 'not there when the program starts, over TCP',
    redis: { listen: 'tcp', started: false },
    reason: /^connect ECONNREFUSED 127\.0\.0\.1:\d+$/,
    end: (redis) => redis.restart(),
  },
  {
    title: 'killed',
    begin: (redis) => redis.kill(),
    reason: /^(connect E[A-Z]+ .*|the connection was closed)$/,
    end: (redis) => redis.restart(),
  },
  {
    title: 'stopped in its tracks, with its connections open',
    begin: async (redis) => redis.pause(),
    reason: /^(no answer within 300 ms|Socket timeout\..*300ms\.)$/,
    end: async (redis) => redis.resume(),
  },
  {
    title: 'slower than it may be',
    begin: (redis) => redis.connect().call('CLIENT', 'PAUSE', '1500', 'WRITE'),
    reason: /^(no answer within 300 ms|Socket timeout\..*300ms\.)$/,
    end: async () => undefined,
  },
  {
    title: 'a node of a cluster',
    redis: { args: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '500'] },
    reason: /^Redis Cluster is not supported, use a Redis without cluster mode: /,
    end: (redis) => redis.restart(['--cluster-enabled', 'no']),
  },
  {
    title: 'out of memory',
    begin: (redis) => redis.connect().config('SET', 'maxmemory', '1mb'),
    reason: /^OOM command not allowed/,
    end: (redis) => redis.connect().config('SET', 'maxmemory', '0'),
  },
  {
    title: 'a replica that may not be written to',
    begin: (redis) => redis.connect().replicaof('127.0.0.1', 1),
    reason: /^READONLY /,
    end: (redis) => redis.connect().replicaof('NO', 'ONE'),
  },
  {
    title: 'without the replicas it needs',
    begin: (redis) => redis.connect().config('SET', 'min-replicas-to-write', '1'),
    reason: /^NOREPLICAS /,
    end: (redis) => redis.connect().config('SET', 'min-replicas-to-write', '0'),
  },
  {
    title: 'asking for a password that is not given',
    redis: { args: ['--requirepass', 's3cret/word'] },
    reason: /^NOAUTH /,
    end: (redis) => redis.connect({ password: 's3cret/word' }).config('SET', 'requirepass', ''),
  },
  {
    title: 'given a wrong password',
    redis: { listen: 'tcp', args: ['--requirepass', 's3cret/word'] },
    url: (redis) => redis.url.replace('//', '//:wr0ng%2Fword@'),
    reason: /^WRONGPASS /,
    end: (redis) => redis.connect({ password: 's3cret/word' }).config('SET', 'requirepass', 'wr0ng/word'),
  },
  {
    title: 'without the database of the address',
    redis: { listen: 'tcp', args: ['--databases', '2'] },
    url: (redis) => `${redis.url}/2`,
    reason: /^ERR DB index is out of range$/,
    end: (redis) => redis.restart(['--databases', '4']),
  },
  {
    title: 'holding something else under the name of the stream',
    begin: (redis) => redis.connect().set('tickstock:events', 'x'),
    reason: /^WRONGTYPE /,
    end: (redis) => redis.connect().del('tickstock:events'),
  },
];

describe('events with a Redis that is', () => {
  let test: TestDatabase;
  let redis: TestRedis | undefined;
  let relaying: Relaying | undefined;

  before(function () {
    skipWithoutRedis(this);
  });

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await relaying?.stop();
    await redis?.stop();
    [relaying, redis] = [undefined, undefined];
    await test.drop();
  });

  for (const trouble of TROUBLES) {
    it(`${trouble.title} wait in the database, and are delivered when it is well`, async () => {
      const server = await startRedis(trouble.redis);
      redis = server;
      const url = trouble.url?.(server) ?? server.url;
      let first = 1;
      if (trouble.begin) {
        relaying = startRelay(test.database, url);
        await commitEvents(test.database, RUN, numberedFrom(first, (first = 4) - 1));
        await relaying.relay.drain(LONG_MS);
        await trouble.begin(server);
      }

      await commitEvents(test.database, RUN, numberedFrom(first, 20));
      relaying ??= startRelay(test.database, url);
      const { relay, link, warnings, infos } = relaying;
      relay.wake();
      await until(() => warnings.length > 0);
      const troubled = {
        status: link.status,
        drained: await relay.drain(LONG_MS),
        waiting: await countWaiting(test.database),
      };
      await trouble.end(server);
      await until(async () => (await countWaiting(test.database)) === 0);
      const drained = await relay.drain(LONG_MS);

      expect(troubled.status.state).to.equal('down');
      expect(troubled.status.reason).to.match(trouble.reason);
      expect(troubled).to.include({ drained: false, waiting: 21 - first });
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(/^Redis is away \(.+\); events wait in the database$/);
      expect(`${warnings[0]}${troubled.status.reason}`).to.not.match(/wr0ng|s3cret/);
      expect(drained).to.equal(true);
      expect(infos).to.deep.equal([`Redis is back; ${21 - first} waiting events delivered`]);
      expect(link.status).to.deep.equal({ state: 'up' });
      const numbers = numbersOf(bodiesOf(withoutRepetitions(await readStream(await reader(trouble, server)))));
      expect(numbers.filter((number) => number >= first)).to.deep.equal(
        Array.from({ length: 21 - first }, (_, index) => first + index),
      );
    });
  }

  it('killed at random moments, again and again, are all in its stream once, in the order of every run', async () => {
    const server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    redis = server;
    relaying = startRelay(test.database, server.url);
    const { relay } = relaying;
    const runs = ['1', '2', '3', '4'].map((digit) => RUN.replace(/^./, digit));

    for (let round = 0; round < 15; round += 1) {
      const crash = new Promise((resolve) => setTimeout(resolve, Math.random() * 30)).then(() => server.kill());
      for (const run of runs) {
        await commitEvents(test.database, run, numberedFrom(round * 40 + 1, round * 40 + 40));
        relay.wake();
      }
      await crash;
      await server.restart();
    }
    await until(async () => (await countWaiting(test.database)) === 0);

    const entries = withoutRepetitions(await readStream(server.connect()));
    for (const run of runs) {
      const numbers = numbersOf(bodiesOf(entries.filter((entry) => entry['run_id'] === run)));
      expect(numbers).to.deep.equal(Array.from({ length: 600 }, (_, index) => index + 1));
    }
  });

  it('stopped in its tracks, keep the relay stoppable', async () => {
    redis = await startRedis();
    relaying = startRelay(test.database, redis.url);
    await relaying.relay.drain(LONG_MS);
    redis.pause();
    await commitEvents(test.database, RUN, numberedFrom(1, 5));
    relaying.relay.wake();
    await until(() => isSending(test));

    await relaying.stop();

    expect(await countWaiting(test.database)).to.equal(5);
  });

  it('away, lose the live ones among them and no other', async () => {
    redis = await startRedis();
    relaying = startRelay(test.database, redis.url);
    await relaying.relay.drain(LONG_MS);
    await redis.kill();
    await until(() => relaying?.warnings.length === 1);

    relaying.relay.publishLive(numberedFrom(1, 1));
    await redis.restart();
    const client = redis.connect();
    const heard: string[] = [];
    client.on('pmessage', (_pattern: string, _channel: string, message: string) => void heard.push(message));
    await client.psubscribe('tickstock:*');
    await commitEvents(test.database, RUN, numberedFrom(2, 2));
    await until(() => heard.length > 0);

    expect(numbersOf(heard)).to.deep.equal([2]);
  });
});

/** Whether a relay has locked a run and waits for Redis. */
async function isSending({ database }: TestDatabase): Promise<boolean> {
  const { rows } = await database.pool.query(
    `select 1 from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
  );
  return rows.length > 0;
}

/** A client that may read the stream, with the password and database that the trouble's end has left. */
async function reader({ title }: Trouble, server: TestRedis): Promise<ReturnType<TestRedis['connect']>> {
  const client = server.connect(title.includes('wrong password') ? { password: 'wr0ng/word' } : {});
  if (title.includes('database of the address')) await client.select(2);
  return client;
}
