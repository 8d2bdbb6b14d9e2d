import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { EventDraft, PhaseEvents } from '../../../src/core/phase.js';
import type { Database } from '../../../src/db/database.js';
import { EVENTS } from '../../../src/events/catalogue/index.js';
import { appendToOutbox } from '../../../src/events/outbox.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY, TUESDAY } from '../../support/market.js';
import { createOrchestrator, hostPhase, readOutbox, readRuns, type StoredBody } from '../host-phase.js';

const told = (event: string): EventDraft => ({ event, channels: ['host:events'], source: 'host', payload: {} });

/** What a host's phase tells, by name. */
const HOST_EVENTS: PhaseEvents = {
  job: 'host_job',
  requested: (_, by) => [told(`requested by ${by}`)],
  started: () => [told('host started')],
  progress: (_, { fraction }) => [told(`host at ${fraction}`)],
  ended: (_, { error }) => [told(error ? `host failed: ${error.code}` : 'host ended')],
};

const PROGRESS = ['daily_processing_progress', 'job_progress_update'];
const withoutProgress = (bodies: readonly StoredBody[]): string[] =>
  bodies.map(({ event }) => event).filter((event) => !PROGRESS.includes(event));

describe('a run tells', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  it('its start, the first and last progress of each phase with what the phase tells itself, and its end', async () => {
    const changed = { events: [told('host changed something')], counters: { symbols: 7, failed: 2, indicators: 21 } };
    const phase = hostPhase(test.database, 'first', { events: HOST_EVENTS, report: changed });
    const clock = { now: () => Date.parse('2026-06-24T21:00:00Z') };

    const { runId } = await createOrchestrator(test.database, [phase], { clock }).run({ session: MONDAY });

    const bodies = await readOutbox(test.database);
    expect(bodies.map(({ event }) => event)).to.deep.equal([
      'daily_processing_started',
      'host started',
      'daily_processing_progress',
      'host at 0',
      'job_progress_update',
      'host changed something',
      'daily_processing_progress',
      'host at 1',
      'job_progress_update',
      'host ended',
      'daily_processing_completed',
    ]);
    expect(bodies.map(({ sequence }) => sequence)).to.deep.equal(bodies.map((_, index) => index + 1));
    expect(bodies[0]?.payload).to.deep.equal({
      run_id: runId,
      session: MONDAY,
      run_date: MONDAY,
      total_symbols: 0,
      symbols_count: 0,
      phases: ['host_job'],
      trigger_type: 'manual',
    });
    expect(bodies.at(-1)?.payload).to.deep.equal({
      run_id: runId,
      status: 'success',
      success: true,
      duration_seconds: 0,
      symbols_processed: 7,
      symbols_failed: 2,
      indicators_calculated: 21,
    });
  });

  it('nothing but what its catalogue allows', async () => {
    await createOrchestrator(test.database, [hostPhase(test.database, 'first')]).run({ session: MONDAY });

    for (const { event, payload } of await readOutbox(test.database)) {
      const kind = EVENTS.find((each) => each.event === event);
      expect(kind?.payload.safeParse(payload).error?.issues, event).to.equal(undefined);
    }
  });

  it('who asked for a single phase over the API, before anything else', async () => {
    const phase = hostPhase(test.database, 'first', { events: HOST_EVENTS });
    const orchestrator = createOrchestrator(test.database, [phase, hostPhase(test.database, 'second', { ordinal: 2 })]);

    await orchestrator.run({ session: MONDAY, phases: ['first'], trigger: 'api', triggeredBy: 'key 1a2b' });
    await orchestrator.run({ session: MONDAY, trigger: 'api', triggeredBy: 'key 1a2b' });

    const events = withoutProgress(await readOutbox(test.database));
    expect(events.filter((event) => event === 'requested by key 1a2b')).to.have.lengthOf(1);
    expect(events[0]).to.equal('requested by key 1a2b');
  });

  it('a failure with its error before the end, and nothing of the data that was rolled back', async () => {
    const phase = hostPhase(test.database, 'first', {
      events: HOST_EVENTS,
      report: { events: [told('host changed something')] },
      work: () => Promise.reject(new Error('the disk is on fire')),
    });

    await createOrchestrator(test.database, [phase]).run({ session: MONDAY });

    const bodies = await readOutbox(test.database);
    expect(withoutProgress(bodies)).to.deep.equal([
      'daily_processing_started',
      'host started',
      'host at 0',
      'host at 0',
      'host failed: EOD_INTERNAL',
      'processing_error',
      'daily_processing_completed',
    ]);
    expect(bodies.at(-2)?.payload).to.deep.include({ component: 'daily_processing', message: 'the disk is on fire' });
    expect(bodies.at(-1)?.payload).to.deep.include({ status: 'failed', success: false });
  });

  for (const [what, character] of [
    ['a NUL', '\0'],
    ['half a surrogate pair', '\uD800'],
  ]) {
    it(`its end also where an error or a report has ${what} in it, which PostgreSQL refuses`, async () => {
      const fails = hostPhase(test.database, 'fails', {
        work: () => Promise.reject(new Error(`row 7 is "${character}"`)),
      });
      const warns = hostPhase(test.database, 'warns', { report: { warnings: [`row 7 is "${character}"`] } });

      const failed = await createOrchestrator(test.database, [fails]).run({ session: MONDAY });
      const warned = await createOrchestrator(test.database, [warns]).run({ session: MONDAY });

      expect([failed.status, warned.status]).to.deep.equal(['failed', 'completed']);
      const [first, second] = await readRuns(test.database);
      expect([first?.run, second?.run]).to.deep.equal(['failed 1', 'completed 2']);
      const events = withoutProgress(await readOutbox(test.database));
      expect(events).to.deep.equal([
        'daily_processing_started',
        'processing_error',
        'daily_processing_completed',
        'daily_processing_started',
        'daily_processing_completed',
      ]);
    });
  }

  it('a cancelled run as cancelled, not as failed', async () => {
    const stop = new AbortController();
    const phase = hostPhase(test.database, 'first', { work: async () => stop.abort() });

    await createOrchestrator(test.database, [phase]).run({ session: MONDAY, signal: stop.signal });

    const bodies = await readOutbox(test.database);
    expect(bodies.map(({ event }) => event)).to.not.include('processing_error');
    expect(bodies.at(-1)?.payload).to.deep.include({ status: 'cancelled', success: false });
  });

  it('its end once, when another run has taken over', async () => {
    const orchestrator = createOrchestrator(test.database, [
      hostPhase(test.database, 'first', {
        work: async () => {
          await orchestrator.store.markInterrupted(new Date(), ({ id }) => [told(`${id} taken over`)]);
        },
      }),
    ]);

    const result = await orchestrator.run({ session: MONDAY });

    expect(result.error).to.include({ code: 'EOD_FENCED' });
    const events = withoutProgress(await readOutbox(test.database));
    expect(events).to.deep.equal(['daily_processing_started', `${result.runId} taken over`]);
  });

  it('progress while a phase works, many steps at once, with numbers only', async () => {
    const live: EventDraft[] = [];
    const sink = { wake: () => undefined, publishLive: (drafts: readonly EventDraft[]) => void live.push(...drafts) };
    const readUpdates = () => live.filter(({ event }) => event === 'job_progress_update');
    const phase = hostPhase(test.database, 'first', {
      work: async ({ progress }) => {
        const task = progress.startTask('count', 'Counting', 210);
        for (const round of [1, 2]) {
          for (let units = 0; units < 100; units += 1) task.advance(1, `S${units}`);
          while (readUpdates().length < round) await sleep(5);
        }
      },
    });

    await createOrchestrator(test.database, [phase], { sink }).run({ session: MONDAY });

    // What comes together is told once.
    expect(readUpdates()).to.have.lengthOf(2);
    for (const { event, payload } of live) {
      const kind = EVENTS.find((each) => each.event === event);
      expect(kind?.payload.safeParse(payload).error?.issues, event).to.equal(undefined);
    }
  });

  for (const ending of ['completes', 'fails'] as const) {
    it(`no progress of a phase that ${ending} after what it ends with`, async () => {
      const heard: string[] = [];
      const sink = {
        wake: () => undefined,
        publishLive: (drafts: readonly EventDraft[]) => void heard.push(...drafts.map(({ event }) => event)),
      };
      const ended = (): EventDraft[] => {
        heard.push('host ended');
        return [told('host ended')];
      };
      const phase = hostPhase(test.database, 'first', {
        events: { ...HOST_EVENTS, ended },
        work: async ({ progress }) => {
          progress.startTask('count', 'Counting', 100).advance(1, 'AAPL');
          // The next progress is due while the end waits for its turn.
          await holdOutbox(test.database, 400);
          if (ending === 'fails') throw new Error('the disk is on fire');
        },
      });

      await createOrchestrator(test.database, [phase], { sink }).run({ session: MONDAY });

      expect(heard.slice(heard.indexOf('host ended'))).to.deep.equal(['host ended']);
    });
  }

  it('its end and that of the phase somebody asked for, when it was left before that began', async () => {
    const phases = [
      hostPhase(test.database, 'first', { events: HOST_EVENTS }),
      hostPhase(test.database, 'second', {
        ordinal: 2,
        events: { ...HOST_EVENTS, ended: () => [told('second ended')] },
      }),
    ];
    const orchestrator = createOrchestrator(test.database, phases);
    const run = {
      session: MONDAY,
      trigger: 'api',
      mode: 'full',
      force: false,
      recompute: false,
      owner: 'gone',
      phases,
    } as const;
    await orchestrator.store.start({ ...run, id: randomUUID(), configHash: '', codeVersion: '' }, new Date());

    await orchestrator.recover();

    expect(withoutProgress(await readOutbox(test.database))).to.deep.equal([
      'host failed: EOD_INTERRUPTED',
      'processing_error',
      'daily_processing_completed',
    ]);
  });

  it('that it is completed, when its process was killed after the last phase had', async () => {
    const report = { counters: { symbols: 7, failed: 0, indicators: 21 } };
    const orchestrator = createOrchestrator(test.database, [hostPhase(test.database, 'first', { report })]);
    const { runId } = await orchestrator.run({ session: MONDAY });
    await test.database.pool.query(`update pipeline.run set status = 'running', finished_at = null, report = null`);
    await test.database.pool.query(`delete from pipeline.outbox where body ->> 'event' = 'daily_processing_completed'`);

    const marked = await orchestrator.recover();

    const last = (await readOutbox(test.database)).at(-1);
    expect(marked).to.equal(1);
    expect(await readRuns(test.database)).to.deep.equal([
      { run: 'completed 1', phases: ['first completed'], error: null },
    ]);
    expect(last?.event).to.equal('daily_processing_completed');
    expect(last?.payload).to.deep.include({
      run_id: runId,
      status: 'success',
      success: true,
      symbols_processed: 7,
      indicators_calculated: 21,
    });
  });

  describe('when its process is killed', () => {
    let holder: ChildProcess;

    beforeEach(async () => {
      const script = fileURLToPath(new URL('holding-process.ts', import.meta.url));
      holder = spawn(process.execPath, ['--import', 'tsx', script, test.url, MONDAY], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(holder.stdout as NodeJS.ReadableStream, 'data');
    });

    afterEach(() => {
      holder.kill('SIGKILL');
    });

    it('its end all the same, as soon as somebody looks; and until then a look changes nothing', async () => {
      const orchestrator = createOrchestrator(test.database, [
        hostPhase(test.database, 'endless', { events: HOST_EVENTS }),
      ]);
      const early = await orchestrator.recover();

      holder.kill('SIGKILL');
      await once(holder, 'exit');
      await cancelSleeping(test);
      let marked = 0;
      for (let tries = 0; tries < 200 && marked === 0; tries += 1) {
        await sleep(20);
        marked = await orchestrator.recover();
      }

      expect([early, marked, await orchestrator.recover()]).to.deep.equal([0, 1, 0]);
      const bodies = await readOutbox(test.database);
      expect(withoutProgress(bodies).slice(-3)).to.deep.equal([
        'host failed: EOD_INTERRUPTED',
        'processing_error',
        'daily_processing_completed',
      ]);
      expect(bodies.at(-1)?.payload).to.deep.include({ status: 'failed', success: false });
      expect((await orchestrator.run({ session: TUESDAY })).status).to.equal('completed');
    });
  });
});

/** The server notices a dead client when it next writes to it; a sleeping statement has to be ended for that. */
async function cancelSleeping(test: TestDatabase): Promise<void> {
  await test.database.pool.query(
    `select pg_cancel_backend(pid) from pg_stat_activity
     where datname = current_database() and query like '%pg_sleep(600)%' and pid <> pg_backend_pid()`,
  );
}

/** Somebody else's events keep those of the run waiting. */
async function holdOutbox(database: Database, forMs: number): Promise<void> {
  await new Promise<void>((begun, failed) => {
    const holding = database.transaction(async ({ client }) => {
      await appendToOutbox(client, null, [told('something else')], new Date());
      begun();
      await sleep(forMs);
    });
    holding.catch(failed);
  });
}
