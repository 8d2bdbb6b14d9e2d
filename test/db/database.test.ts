import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import pg, { type Pool, type PoolClient } from 'pg';
import { PipelineError } from '../../src/core/errors.js';
import { copyIn } from '../../src/db/copy.js';
import { Database, type Transaction } from '../../src/db/database.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { countStatements, ENDLESS, waitForStatement } from '../support/statements.js';

describe('Database.transaction', () => {
  let test: TestDatabase;
  let database: Database;
  /** Cancels work once a statement of it is at work. */
  const cancelDuring = async (statement: string, work: (signal: AbortSignal) => Promise<unknown>) => {
    const controller = new AbortController();
    const failure = failureOf(work(controller.signal));
    await waitForStatement(database, statement);
    controller.abort();
    return failure;
  };

  before(async () => {
    test = await createEmptyDatabase();
    database = test.database;
    await database.pool.query('create table note (id integer primary key)');
  });

  after(async () => {
    await test.drop();
  });

  afterEach(async () => {
    await database.pool.query('truncate note');
  });

  it('keeps what its work wrote and returns what it returned', async () => {
    const result = await database.transaction(async ({ client }) => {
      await client.query('insert into note values (1)');
      return 'done';
    });

    expect(result).to.equal('done');
    expect(await notes(database)).to.deep.equal([1]);
  });

  it("runs in UTC with ISO dates on a host's pool, and leaves the host its own settings", async () => {
    const options = '-c timezone=Asia/Tokyo -c datestyle=German,DMY';
    const pool = new pg.Pool({ connectionString: test.url, max: 1, options });
    const read = async (client: Pool | PoolClient) => {
      const { rows } = await client.query<{ settings: string[] }>(
        `select array[current_setting('timezone'), current_setting('datestyle'), '2026-06-30'::date::text] as settings`,
      );
      return rows[0]?.settings;
    };

    const inside = await Database.adopt(pool).transaction(({ client }) => read(client));
    const after = await read(pool);
    await pool.end();

    expect(inside).to.deep.equal(['UTC', 'ISO, MDY', '2026-06-30']);
    expect(after).to.deep.equal(['Asia/Tokyo', 'German, DMY', '30.06.2026']);
  });

  it('keeps nothing when its work throws, and throws the same PipelineError', async () => {
    const finding = new PipelineError('EOD_SOURCE_INVALID', 'the file is cut short');

    const thrown = await failureOf(
      database.transaction(async ({ client }) => {
        await client.query('insert into note values (1)');
        throw finding;
      }),
    );

    expect(thrown).to.equal(finding);
    expect(await notes(database)).to.deep.equal([]);
  });

  describe('whose work does not await all it starts', () => {
    function* rows(count: number): Generator<[number]> {
      for (let id = 1; id <= count; id += 1) yield [id];
    }

    it('keeps all of it when the work succeeds', async () => {
      await database.transaction(async ({ client }) => {
        void client.query('insert into note select 0 from pg_sleep(0.05)');
        void copyIn(client, 'note (id)', rows(5000));
      });

      expect((await notes(database)).length).to.equal(5001);
    });

    it('keeps nothing of it when the work throws meanwhile: a COPY would commit by itself after the rollback', async () => {
      let copied: Promise<number> = Promise.resolve(0);

      const thrown = await failureOf(
        database.transaction(async ({ client }) => {
          await client.query('delete from note');
          copied = copyIn(client, 'note (id)', rows(300_000));
          copied.catch(() => undefined);
          await sleep(1);
          throw new PipelineError('EOD_HOLD_CHANGED', 'something else than was shown');
        }),
      );

      expect(thrown.code).to.equal('EOD_HOLD_CHANGED');
      await errorOf(copied);
      expect(await notes(database)).to.deep.equal([]);
    });

    it('stops a statement that nothing waits for when the work throws', async () => {
      let slow: Promise<unknown> = Promise.resolve();

      await failureOf(
        database.transaction(async ({ client }) => {
          slow = client.query('insert into note select 1 from pg_sleep(600)');
          slow.catch(() => undefined);
          await sleep(10);
          throw new Error('meanwhile');
        }),
      );

      await errorOf(slow);
      expect(await notes(database)).to.deep.equal([]);
    });

    it('fails when what nothing waits for fails, and keeps nothing', async () => {
      const thrown = await failureOf(
        database.transaction(async ({ client }) => {
          await client.query('insert into note values (1)');
          void client.query('insert into note values (1)').catch(() => undefined);
        }),
      );

      expect(thrown.message).to.include('note_pkey');
      expect(await notes(database)).to.deep.equal([]);
    });

    it('refuses a statement and a COPY after its end', async () => {
      const kept: PoolClient[] = [];
      await database.transaction(async ({ client }) => void kept.push(client));
      const [client] = kept as [PoolClient];

      const late = await errorOf(client.query('insert into note values (1)'));
      const copy = await errorOf(copyIn(client, 'note (id)', rows(1)));

      expect(late.message).to.include('over a transaction that has ended');
      expect(copy.message).to.include('over a transaction that has ended');
      expect(await notes(database)).to.deep.equal([]);
    });
  });

  it('fails when its work hides the failure of a statement', async () => {
    const thrown = await failureOf(
      database.transaction(async ({ client }) => {
        await client.query('insert into note values (1)');
        await client.query('insert into note values (1)').catch(() => undefined);
      }),
    );

    expect(thrown.message).to.include('nothing of it is kept');
    expect(await notes(database)).to.deep.equal([]);
  });

  it('reports a server error in the words of the server, keeping it as the cause', async () => {
    const thrown = await failureOf(database.transaction(({ client }) => client.query('select 1 / 0')));

    expect(thrown).to.include({ code: 'EOD_PHASE_FAILED', message: 'division by zero' });
    expect(thrown).to.have.nested.property('cause.code', '22012');
    expect(thrown.context).to.deep.equal({ sqlState: '22012' });
  });

  it('keeps the facts of a server error: its code, the table, the constraint and the value', async () => {
    const thrown = await failureOf(
      database.transaction(({ client }) => client.query('insert into note values (7), (7)')),
    );

    expect(thrown.code).to.equal('EOD_PHASE_FAILED');
    expect(thrown.context).to.deep.equal({
      sqlState: '23505',
      detail: 'Key (id)=(7) already exists.',
      schema: 'public',
      table: 'note',
      constraint: 'note_pkey',
    });
    expect(thrown.toJSON()).to.have.nested.property('context.table', 'note');
  });

  it('keeps the row and column a COPY stopped at', async () => {
    const thrown = await failureOf(database.transaction(({ client }) => copyIn(client, 'note (id)', [[1], ['x']])));

    expect(thrown.context).to.deep.equal({ sqlState: '22P02', where: 'COPY note, line 2, column id: "x"' });
  });

  it('takes what is no database error for a defect', async () => {
    const defect = new TypeError('rows is not iterable');

    const thrown = await failureOf(database.transaction(() => Promise.reject(defect)));

    expect(thrown).to.include({ code: 'EOD_INTERNAL', cause: defect });
  });

  it('gives every connection back', async () => {
    const work = ({ client }: Transaction) => client.query('select 1');
    const failing = ({ client }: Transaction) => client.query('select 1 / 0');

    for (let round = 0; round < 20; round += 1) {
      await database.transaction(work);
      await failureOf(database.transaction(failing));
    }

    expect(database.pool.totalCount).to.be.at.most(6);
    expect(database.pool.idleCount).to.equal(database.pool.totalCount);
  });

  describe('when cancelled', () => {
    it('does not start with a signal that has fired already', async () => {
      const thrown = await failureOf(database.transaction(() => Promise.reject(new Error('ran')), AbortSignal.abort()));

      expect(thrown).to.include({ code: 'EOD_CANCELLED' });
    });

    it('stops the statement under way and keeps nothing', async () => {
      const thrown = await cancelDuring(ENDLESS, (signal) =>
        database.transaction(async ({ client }) => {
          await client.query('insert into note values (1)');
          await client.query(ENDLESS);
        }, signal),
      );

      expect(thrown).to.include({ code: 'EOD_CANCELLED', message: 'the run was cancelled' });
      expect(await countStatements(database, ENDLESS)).to.equal(0);
      expect(await notes(database)).to.deep.equal([]);
    });

    it('stops a statement that begins only after the signal', async () => {
      const controller = new AbortController();

      const thrown = await failureOf(
        database.transaction(async ({ client }) => {
          controller.abort();
          // The first cancel has come and found nothing.
          await sleep(250);
          await client.query(ENDLESS);
        }, controller.signal),
      );

      expect(thrown).to.include({ code: 'EOD_CANCELLED' });
      expect(await countStatements(database, ENDLESS)).to.equal(0);
    });

    it('stops a COPY', async () => {
      function* endless(): Generator<[number]> {
        for (let id = 0; ; id += 1) yield [id];
      }

      const thrown = await cancelDuring('copy note', (signal) =>
        database.transaction(({ client }) => copyIn(client, 'note (id)', endless()), signal),
      );

      expect(thrown).to.include({ code: 'EOD_CANCELLED' });
      expect(await countStatements(database, 'copy note')).to.equal(0);
      expect(await notes(database)).to.deep.equal([]);
    });

    it('does not commit when the signal fires after the last statement', async () => {
      const controller = new AbortController();

      const thrown = await failureOf(
        database.transaction(async ({ client }) => {
          await client.query('insert into note values (1)');
          controller.abort();
        }, controller.signal),
      );

      expect(thrown).to.include({ code: 'EOD_CANCELLED' });
      expect(await notes(database)).to.deep.equal([]);
    });

    it('harms nobody who uses the pool afterwards', async () => {
      for (let round = 0; round < 10; round += 1) {
        const controller = new AbortController();
        setTimeout(() => controller.abort(), 5);
        await failureOf(database.transaction(({ client }) => client.query(ENDLESS), controller.signal));
        await Promise.all([1, 2, 3].map(() => database.pool.query('select pg_sleep(0.02)')));
      }

      expect(await notes(database)).to.deep.equal([]);
    });
  });

  describe('when the connection is lost', () => {
    it('reports it in the middle of a statement, and the next transaction works', async () => {
      const lost = failureOf(
        database.transaction(async ({ client }) => {
          await client.query('insert into note values (1)');
          await client.query(`set application_name = 'victim'`);
          await client.query('select pg_sleep(30)');
        }),
      );
      await terminate(database.pool, 'victim');

      const thrown = await lost;
      await database.transaction(({ client }) => client.query('insert into note values (2)'));

      expect(thrown).to.include({ code: 'EOD_DB_UNAVAILABLE', retryable: true });
      expect(await notes(database)).to.deep.equal([2]);
    });

    it('reports it between two statements', async () => {
      const thrown = await failureOf(
        database.transaction(async ({ client }) => {
          await client.query('insert into note values (1)');
          await client.query(`set application_name = 'victim'`);
          await terminate(database.pool, 'victim');
          await sleep(50);
          await client.query('insert into note values (2)');
        }),
      );

      expect(thrown).to.include({ code: 'EOD_DB_UNAVAILABLE' });
      expect(await notes(database)).to.deep.equal([]);
    });

    it('reports it at the commit', async () => {
      const thrown = await failureOf(
        database.transaction(async ({ client }) => {
          await client.query('insert into note values (1)');
          await client.query(`set application_name = 'victim'`);
          await terminate(database.pool, 'victim');
        }),
      );

      expect(thrown).to.include({ code: 'EOD_DB_UNAVAILABLE' });
      expect(await notes(database)).to.deep.equal([]);
    });

    it('still says what its work found, when that came first', async () => {
      const finding = new PipelineError('EOD_SOURCE_INVALID', 'the file is cut short');

      const thrown = await failureOf(
        database.transaction(async ({ client }) => {
          await client.query(`set application_name = 'victim'`);
          await terminate(database.pool, 'victim');
          throw finding;
        }),
      );

      expect(thrown).to.equal(finding);
    });
  });

  it('never closes a pool that the host lent', async () => {
    const lent = Database.adopt(database.pool);

    await lent.close();

    expect(await notes(lent)).to.deep.equal([]);
  });
});

describe('Database.connect', () => {
  it('reports a port that nobody listens on', async () => {
    const thrown = await connectTo('postgres://someone:hunter2@127.0.0.1:1/market');

    expect(thrown).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect(thrown.message).to.include('ECONNREFUSED').and.include('127.0.0.1:1');
    expect(textOf(thrown)).to.not.include('hunter2');
  });

  it('reports a host name that nobody has', async () => {
    const thrown = await connectTo('postgres://someone:hunter2@no-such-host.invalid/market');

    expect(thrown).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect(textOf(thrown)).to.not.include('hunter2');
  });

  it('reports a server that does not answer within the time allowed', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };

    const thrown = await connectTo(`postgres://someone:hunter2@127.0.0.1:${port}/market`, 200);
    silent.close();

    expect(thrown).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect(textOf(thrown)).to.not.include('hunter2');
  });
});

async function notes(database: Database): Promise<number[]> {
  const { rows } = await database.pool.query<{ id: number }>('select id from note order by id');
  return rows.map((row) => row.id);
}

async function errorOf(work: Promise<unknown>): Promise<Error> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).to.be.instanceOf(Error);
  return thrown as Error;
}

async function failureOf(work: Promise<unknown>): Promise<PipelineError> {
  const thrown = await errorOf(work);
  expect(thrown).to.be.instanceOf(PipelineError);
  return thrown as PipelineError;
}

/** Waits for the connection of that name and ends it on the server. */
async function terminate(pool: Pool, name: string): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ gone: boolean }>(
      `select pg_terminate_backend(pid, 5000) as gone from pg_stat_activity
       where application_name = $1 and pid <> pg_backend_pid() and datname = current_database()`,
      [name],
    );
    if (rows.some((row) => row.gone)) return;
    await sleep(10);
  }
}

async function connectTo(url: string, connectTimeoutMs = 5000): Promise<PipelineError> {
  const database = Database.connect({ url, poolSize: 3, connectTimeoutMs });
  try {
    return await failureOf(database.transaction(({ client }) => client.query('select 1')));
  } finally {
    await database.close();
  }
}

/** All that a person or a log could come to see of it. */
function textOf(error: PipelineError): string {
  return `${JSON.stringify(error)} ${error.stack ?? ''}`;
}
