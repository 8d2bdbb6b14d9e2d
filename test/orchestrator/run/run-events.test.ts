import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { EventDraft } from '../../../src/core/phase.js';
import type { Database } from '../../../src/db/database.js';
import { EVENTS } from '../../../src/events/catalogue/index.js';
import { appendToOutbox } from '../../../src/events/outbox.js';
import { MONDAY, writeListings } from '../../support/market.js';
import { createOrchestrator, hostPhase, readOutbox, readRuns } from '../host-phase.js';
import { useRunEvents, told, HOST_EVENTS, withoutProgress } from './run-events-fixture.js';

describe('a run tells', () => {
  const given = useRunEvents();

  it('its start, the first and last progress of each phase with what the phase tells itself, and its end', async () => {
    const changed = { events: [told('host changed something')], counters: { symbols: 7, failed: 2, indicators: 21 } };
    const phase = hostPhase(given.test.database, 'first', { events: HOST_EVENTS, report: changed });
    const clock = { now: () => Date.parse('2026-06-24T21:00:00Z') };

    const { runId } = await createOrchestrator(given.test.database, [phase], { clock }).run({ session: MONDAY });

    const bodies = await readOutbox(given.test.database);
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

  it('one progress in both events that the consumer writes into one field, over all phases, and never less than before', async () => {
    await writeListings(given.test.database, MONDAY, [
      { symbol: 'DELL', cap: 9e10 },
      { symbol: 'HPQ', cap: 3e10 },
    ]);
    const phases = ['first', 'second', 'third'].map((id, index) =>
      hostPhase(given.test.database, id, { ordinal: index + 1 }),
    );

    await createOrchestrator(given.test.database, phases).run({ session: MONDAY });

    const payloads = (await readOutbox(given.test.database)).map(({ event, payload }) => ({ event, ...payload }));
    const shown = payloads.flatMap((payload: Record<string, unknown>) => {
      if (payload['event'] === 'daily_processing_progress')
        return [[payload['progress'], payload['symbols_completed']]];
      if (payload['event'] === 'job_progress_update') return [[payload['percentage'], payload['completed']]];
      return [];
    }) as [number, number][];
    expect(shown).to.have.lengthOf(12);
    expect(shown.at(-1)).to.deep.equal([100, 2]);
    for (const [index, [percent, completed]] of shown.entries()) {
      expect(percent).to.be.at.least(shown[index - 1]?.[0] ?? 0);
      expect(completed).to.be.at.least(shown[index - 1]?.[1] ?? 0);
      if (index % 2 === 1) expect([percent, completed]).to.deep.equal(shown[index - 1]);
    }
  });

  it('nothing but what its catalogue allows', async () => {
    await createOrchestrator(given.test.database, [hostPhase(given.test.database, 'first')]).run({ session: MONDAY });

    for (const { event, payload } of await readOutbox(given.test.database)) {
      const kind = EVENTS.find((each) => each.event === event);
      expect(kind?.payload.safeParse(payload).error?.issues, event).to.equal(undefined);
    }
  });

  it('who asked for a single phase over the API, before anything else', async () => {
    const phase = hostPhase(given.test.database, 'first', { events: HOST_EVENTS });
    const orchestrator = createOrchestrator(given.test.database, [
      phase,
      hostPhase(given.test.database, 'second', { ordinal: 2 }),
    ]);

    await orchestrator.run({ session: MONDAY, phases: ['first'], trigger: 'api', triggeredBy: 'key 1a2b' });
    await orchestrator.run({ session: MONDAY, trigger: 'api', triggeredBy: 'key 1a2b' });

    const events = withoutProgress(await readOutbox(given.test.database));
    expect(events.filter((event) => event === 'requested by key 1a2b')).to.have.lengthOf(1);
    expect(events[0]).to.equal('requested by key 1a2b');
  });

  it('a failure with its error before the end, and nothing of the data that was rolled back', async () => {
    const phase = hostPhase(given.test.database, 'first', {
      events: HOST_EVENTS,
      report: { events: [told('host changed something')] },
      work: () => Promise.reject(new Error('the disk is on fire')),
    });

    await createOrchestrator(given.test.database, [phase]).run({ session: MONDAY });

    const bodies = await readOutbox(given.test.database);
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
      const fails = hostPhase(given.test.database, 'fails', {
        work: () => Promise.reject(new Error(`row 7 is "${character}"`)),
      });
      const warns = hostPhase(given.test.database, 'warns', { report: { warnings: [`row 7 is "${character}"`] } });

      const failed = await createOrchestrator(given.test.database, [fails]).run({ session: MONDAY });
      const warned = await createOrchestrator(given.test.database, [warns]).run({ session: MONDAY });

      expect([failed.status, warned.status]).to.deep.equal(['failed', 'completed']);
      const [first, second] = await readRuns(given.test.database);
      expect([first?.run, second?.run]).to.deep.equal(['failed 1', 'completed 2']);
      const events = withoutProgress(await readOutbox(given.test.database));
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
    const phase = hostPhase(given.test.database, 'first', { work: async () => stop.abort() });

    await createOrchestrator(given.test.database, [phase]).run({ session: MONDAY, signal: stop.signal });

    const bodies = await readOutbox(given.test.database);
    expect(bodies.map(({ event }) => event)).to.not.include('processing_error');
    expect(bodies.at(-1)?.payload).to.deep.include({ status: 'cancelled', success: false });
  });

  it('its end once, when another run has taken over', async () => {
    const orchestrator = createOrchestrator(given.test.database, [
      hostPhase(given.test.database, 'first', {
        work: async () => {
          await orchestrator.store.markInterrupted(new Date(), ({ id }) => [told(`${id} taken over`)]);
        },
      }),
    ]);

    const result = await orchestrator.run({ session: MONDAY });

    expect(result.error).to.include({ code: 'EOD_FENCED' });
    const events = withoutProgress(await readOutbox(given.test.database));
    expect(events).to.deep.equal(['daily_processing_started', `${result.runId} taken over`]);
  });

  it('progress while a phase works, many steps at once, with numbers only', async () => {
    const live: EventDraft[] = [];
    const sink = { wake: () => undefined, publishLive: (drafts: readonly EventDraft[]) => void live.push(...drafts) };
    const readUpdates = () => live.filter(({ event }) => event === 'job_progress_update');
    const phase = hostPhase(given.test.database, 'first', {
      work: async ({ progress }) => {
        const task = progress.startTask('count', 'Counting', 210);
        for (const round of [1, 2]) {
          for (let units = 0; units < 100; units += 1) task.advance(1, `S${units}`);
          while (readUpdates().length < round) await sleep(5);
        }
      },
    });

    await createOrchestrator(given.test.database, [phase], { sink }).run({ session: MONDAY });

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
      const phase = hostPhase(given.test.database, 'first', {
        events: { ...HOST_EVENTS, ended },
        work: async ({ progress }) => {
          progress.startTask('count', 'Counting', 100).advance(1, 'AAPL');
          // The next progress is due while the end waits for its turn.
          await holdOutbox(given.test.database, 400);
          if (ending === 'fails') throw new Error('the disk is on fire');
        },
      });

      await createOrchestrator(given.test.database, [phase], { sink }).run({ session: MONDAY });

      expect(heard.slice(heard.indexOf('host ended'))).to.deep.equal(['host ended']);
    });
  }
});

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
