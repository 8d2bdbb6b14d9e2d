import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../../src/core/logger.js';
import { MONDAY } from '../../support/market.js';
import { createOrchestrator, hostPhase, readOutbox, readRuns, readWork } from '../host-phase.js';
import { useRuns } from './run-fixture.js';

describe('a phase that fails for a reason that may pass', () => {
  const given = useRuns();
  let told: string[];

  beforeEach(() => {
    told = [];
  });

  const logger: Logger = { info: () => undefined, warn: (_, message) => told.push(message), error: () => undefined };
  const run = (work: (attempt: number) => Promise<unknown>, retryMs = 10_000) => {
    let attempt = 0;
    const phase = hostPhase(given.test.database, 'first', {
      work: async () => {
        attempt += 1;
        await work(attempt);
      },
    });
    return createOrchestrator(given.test.database, [phase], { retryMs, logger }).run({ session: MONDAY });
  };
  const query = (text: string) => given.test.database.pool.query(text);

  it('is tried again after its connection was lost, and leaves one result', async () => {
    const result = await run(async (attempt) => {
      if (attempt < 3) await query('select pg_terminate_backend(pg_backend_pid())');
    });

    expect(result.status).to.equal('completed');
    expect(await readWork(given.test.database)).to.deep.equal(['2026-06-22 first']);
    expect(told).to.have.length(2);
    expect(told[0]).to.match(/^first failed, and is tried again in 0\.\d s: the database cannot be reached: /);
    expect(await readRuns(given.test.database)).to.deep.equal([
      { run: 'completed 1', phases: ['first completed'], error: null },
    ]);
  });

  for (const [title, code] of [
    ['a deadlock', '40P01'],
    ['a serialisation failure', '40001'],
    ['a time-out of the server', '57014'],
  ] as const) {
    it(`is tried again after ${title}`, async () => {
      const result = await run(async (attempt) => {
        if (attempt === 1) await query(`do $$ begin raise exception 'no' using errcode = '${code}'; end $$`);
      });

      expect(result.status).to.equal('completed');
    });
  }

  it('is completed once when only the answer to its commit was lost', async () => {
    const phase = hostPhase(given.test.database, 'first');
    let attempts = 0;
    const lost = {
      ...phase,
      run: async (...all: Parameters<typeof phase.run>) => {
        attempts += 1;
        await phase.run(...all);
        throw Object.assign(new Error('Connection terminated unexpectedly'));
      },
    };

    const result = await createOrchestrator(given.test.database, [lost], { retryMs: 10_000 }).run({ session: MONDAY });

    expect([result.status, attempts]).to.deep.equal(['completed', 1]);
    expect(result.phases[0]?.report).to.deep.include({ summary: 'first is done', counters: { units: 1 }, held: false });
    expect(await readWork(given.test.database)).to.deep.equal(['2026-06-22 first']);
    const ends = (await readOutbox(given.test.database)).filter(({ event }) => event === 'daily_processing_completed');
    expect(ends).to.have.length(1);
  });

  it('fails at once for a reason that stays', async () => {
    let attempts = 0;
    const result = await run(async (attempt) => {
      attempts = attempt;
      await query('select * from nothing_of_that_name');
    });

    expect([result.status, attempts, told]).to.deep.equal(['failed', 1, []]);
  });

  it('fails when the time is over', async () => {
    const since = performance.now();
    const result = await run(() => query('select pg_terminate_backend(pg_backend_pid())'), 1500);

    expect(result.error).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect(performance.now() - since).to.be.within(500, 5000);
  });

  it('stops waiting when it is cancelled', async () => {
    const controller = new AbortController();
    const phase = hostPhase(given.test.database, 'first', {
      work: async () => {
        setTimeout(() => controller.abort(), 50);
        await query('select pg_terminate_backend(pg_backend_pid())');
      },
    });

    const since = performance.now();
    const result = await createOrchestrator(given.test.database, [phase], { retryMs: 60_000 }).run({
      session: MONDAY,
      signal: controller.signal,
    });

    expect(result.status).to.equal('cancelled');
    expect(performance.now() - since).to.be.below(2000);
  });

  it('that goes on regardless of its signal is given up, with its connections, and can publish no more', async () => {
    let late: unknown;
    let ended: Promise<unknown> | undefined;
    const phase = hostPhase(given.test.database, 'stuck', {
      work: (context) => {
        ended = (async () => {
          await given.test.database
            .transaction(({ client }) => client.query('select pg_sleep(30)'))
            .catch((error: unknown) => (late = error));
          await given.test.database
            .transaction(({ client }) =>
              context.completeIn(client, { summary: '', changed: true, counters: {}, warnings: [], details: {} }),
            )
            .catch((error: unknown) => (late = error));
        })();
        return new Promise(() => undefined);
      },
    });

    const result = await createOrchestrator(given.test.database, [phase], { phaseTimeoutMs: 200 }).run({
      session: MONDAY,
    });
    await Promise.race([ended, sleep(2000)]);

    expect(result.error).to.include({ code: 'EOD_PHASE_TIMEOUT' });
    expect(late).to.include({ code: 'EOD_FENCED' });
    expect(await readRuns(given.test.database)).to.deep.equal([
      { run: 'failed 1', phases: ['stuck failed'], error: 'EOD_PHASE_TIMEOUT' },
    ]);
  });
});
