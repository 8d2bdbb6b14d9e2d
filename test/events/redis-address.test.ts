import { expect } from 'chai';
import { connectRedis } from '../../src/events/redis.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { findFreePort, skipWithoutRedis, startRedis, type TestRedis } from '../support/redis.js';
import { commitEvents, numberedFrom, numbersOf, RUN } from './drafts.js';
import { bodiesOf, readStream, startRelay, until } from './relaying.js';

const LONG_MS = 50_000;

describe('the address of Redis', () => {
  let test: TestDatabase;
  let redis: TestRedis | undefined;

  before(function () {
    skipWithoutRedis(this);
  });

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await redis?.stop();
    redis = undefined;
    await test.drop();
  });

  it('may ask for TLS, with a certificate that is trusted', async () => {
    redis = await startRedis({ listen: 'tls' });
    await commitEvents(test.database, RUN, numberedFrom(1, 3));
    const relaying = startRelay(
      test.database,
      connectRedis(redis.url, { commandTimeoutMs: 5000, tls: { ca: redis.ca } }),
    );

    const drained = await relaying.relay.drain(LONG_MS);
    await relaying.stop();

    expect(drained).to.equal(true);
    expect(numbersOf(bodiesOf(await readStream(redis.connect())))).to.deep.equal([1, 2, 3]);
  });

  it('is refused over TLS where nobody vouches for the certificate', async () => {
    redis = await startRedis({ listen: 'tls' });
    const relaying = startRelay(test.database, redis.url);

    await until(() => relaying.relay.state === 'down');
    const { reason } = relaying.relay;
    await relaying.stop();

    expect(reason).to.match(/^self-signed certificate/);
  });

  it('may name an ACL user who may do no more than send events', async () => {
    redis = await startRedis({ listen: 'tcp' });
    const rights = ['resetchannels', '&tickstock:*', '~tickstock:*', '+multi', '+exec', '+xadd', '+set', '+publish'];
    await redis.connect().call('ACL', 'SETUSER', 'tick', 'on', '>p@ss:w0rd', ...rights);
    await commitEvents(test.database, RUN, numberedFrom(1, 3));
    const relaying = startRelay(test.database, redis.url.replace('//', '//tick:p%40ss%3Aw0rd@'));

    const drained = await relaying.relay.drain(LONG_MS);
    await relaying.stop();

    expect(drained).to.equal(true);
    expect(numbersOf(bodiesOf(await readStream(redis.connect())))).to.deep.equal([1, 2, 3]);
  });

  it('may name an ACL user who may not do it: what is missing is said', async () => {
    redis = await startRedis({ listen: 'tcp' });
    const rights = ['resetchannels', '~tickstock:*', '+multi', '+exec', '+xadd', '+set', '+publish'];
    await redis.connect().call('ACL', 'SETUSER', 'tick', 'on', '>p@ss:w0rd', ...rights);
    await commitEvents(test.database, RUN, numberedFrom(1, 3));
    const relaying = startRelay(test.database, redis.url.replace('//', '//tick:p%40ss%3Aw0rd@'));

    await until(() => relaying.relay.state === 'down');
    const { reason } = relaying.relay;
    await relaying.stop();

    expect(reason).to.match(/^NOPERM .*channels/);
    expect(await readStream(redis.connect())).to.deep.equal([]);
  });

  it('is refused at once when it is none, without showing its password', () => {
    for (const url of ['redis://:s3cret@host:port', 'redis://:s3cret%zz@host']) {
      expect(() => connectRedis(url, { commandTimeoutMs: 1000 }))
        .to.throw('redis.url is not an address')
        .that.includes({ code: 'EOD_CONFIG_INVALID' })
        .and.satisfies((error: Error) => !JSON.stringify(error).includes('s3cret'));
    }
  });

  it('may lead to nobody for good: the link can be closed, and connects no more', async () => {
    const link = connectRedis(`redis://127.0.0.1:${await findFreePort()}`, { commandTimeoutMs: 1000 });
    await until(() => link.status.state === 'down');

    await link.close();

    expect(link.status).to.include({ state: 'down' });
    expect(await link.send([]).catch((error: Error) => error.message)).to.be.a('string');
  });
});
