import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { sql } from 'kysely';
import pg, { type PoolClient } from 'pg';
import { Database } from '../../src/db/database.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js';

describe('a query whose connection breaks', () => {
  let test: TestDatabase;
  let proxy: TcpProxy;
  let pool: pg.Pool;
  let database: Database;

  before(async () => {
    test = await createEmptyDatabase();
    const { hostname, port } = new URL(test.url);
    proxy = await startProxy({ host: hostname, port: Number(port) || 5432 });
    const url = Object.assign(new URL(test.url), { hostname: '127.0.0.1', port: String(proxy.port) }).href;
    pool = new pg.Pool({ connectionString: url, max: 2 });
    pool.on('error', () => undefined);
    database = Database.adopt(pool);
  });

  after(async () => {
    await pool.end();
    await proxy.close();
    await test.drop();
  });

  it('fails, and ends neither the process nor the next query', async () => {
    const waiting = sql`select pg_sleep(30)`.execute(database.db).catch((error: unknown) => error);
    await sleep(100);
    await proxy.cut();
    const error = await waiting;
    await proxy.open();
    const { rows } = await sql<{ one: number }>`select 1 as one`.execute(database.db);

    expect(error)
      .to.be.instanceOf(Error)
      .with.property('message')
      .that.matches(/terminated|ECONNRESET/);
    expect(rows).to.deep.equal([{ one: 1 }]);
  });

  it("leaves no listeners on a host's connections", async () => {
    const count = async (): Promise<number> => {
      const client: PoolClient = await pool.connect();
      const listeners = client.listenerCount('error');
      client.release();
      return listeners;
    };
    const before = await count();

    for (let query = 0; query < 20; query += 1) await sql`select 1`.execute(database.db);

    expect(await count()).to.equal(before);
  });
});
