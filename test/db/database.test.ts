import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import pg, { type Pool, type PoolClient } from 'pg';
import { PipelineError } from '../../src/core/errors.js';
import { copyIn } from '../../src/db/copy.js';
import { Database, type Transaction } from '../../src/db/database.js';
import { errorOf, failureOf, notes, useNotes } from './database-fixture.js';

describe('Database.transaction', () => {
  const fixture = useNotes();
  let database: Database;

  before(() => {
    database = fixture.database();
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
    const pool = new pg.Pool({ connectionString: fixture.test().url, max: 1, options });
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
});
