import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type Pool } from 'pg';
import { PipelineError } from '../../src/core/errors.js';
import { copyIn } from '../../src/db/copy.js';
import { Database } from '../../src/db/database.js';
import { countStatements, ENDLESS, waitForStatement } from '../support/statements.js';
import { failureOf, notes, useNotes } from './database-fixture.js';

describe('Database.transaction', () => {
  const fixture = useNotes();
  let database: Database;
  /** Cancels work once a statement of it is at work. */
  const cancelDuring = async (statement: string, work: (signal: AbortSignal) => Promise<unknown>) => {
    const controller = new AbortController();
    const failure = failureOf(work(controller.signal));
    await waitForStatement(database, statement);
    controller.abort();
    return failure;
  };

  before(() => {
    database = fixture.database();
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
