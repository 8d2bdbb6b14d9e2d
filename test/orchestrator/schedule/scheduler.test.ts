import { expect } from 'chai';
import { acquireLease } from '../../../src/db/lease.js';
import { FRIDAY, MONDAY, TUESDAY } from '../../support/market.js';
import { createOrchestrator, hostPhase, readRuns, readWork } from '../host-phase.js';
import { useScheduler, defaults, THURSDAY_BEFORE, at } from './scheduler-fixture.js';

describe('the scheduler', () => {
  const given = useScheduler();
  const { clock, createScheduler, tickAt, runsEnd, change, runByHand, writeSlot, readSlots } = given;

  it('starts one run at the trigger time, for the session that has closed, and says that it did', async () => {
    await writeSlot('completed', at('21:00', THURSDAY_BEFORE), null, THURSDAY_BEFORE);
    const scheduler = createScheduler();

    await tickAt(scheduler, at('20:09'));
    const before = await readWork(given.test.database);
    await tickAt(scheduler, at('20:10'), at('20:11'), at('23:59'), at('20:09', TUESDAY));

    expect(before).to.deep.equal([]);
    expect(await readWork(given.test.database)).to.deep.equal(['2026-06-22 daily']);
    const { rows } = await given.test.database.pool.query('select id, trigger, triggered_by from pipeline.run');
    expect(rows).to.deep.equal([{ id: given.runs[0]?.runId, trigger: 'automatic', triggered_by: 'schedule' }]);
    const slots = await given.test.database.pool.query('select run_id from pipeline.slot where session = $1', [MONDAY]);
    expect(slots.rows).to.deep.equal([{ run_id: given.runs[0]?.runId }]);
    expect(await readSlots()).to.deep.equal(['2026-06-18 completed', '2026-06-22 completed']);
  });

  it('continues the day after, and on Friday for the last time before the weekend', async () => {
    const days = [MONDAY, TUESDAY, '2026-06-24', '2026-06-25', FRIDAY, '2026-06-27'];

    await tickAt(createScheduler(), ...days.map((day) => at('20:10', day)));

    expect(await readWork(given.test.database)).to.deep.equal([
      '2026-06-22 daily',
      '2026-06-23 daily',
      '2026-06-24 daily',
      '2026-06-25 daily',
      '2026-06-26 daily',
    ]);
  });

  it('does on a Saturday what Friday has missed, when the market is not asked', async () => {
    const scheduler = createScheduler({}, { defaults: { ...defaults, marketCheck: false } });

    await given.test.database.pool.query(`update pipeline.duty set since = $1`, [new Date(at('21:00', '2026-06-26'))]);

    await tickAt(scheduler, at('20:10', '2026-06-27'), at('20:10', '2026-06-28'));

    expect(await readWork(given.test.database)).to.deep.equal(['2026-06-26 daily']);
    expect(await readSlots()).to.deep.equal(['2026-06-26 completed']);
  });

  it('does nothing while it is disabled', async () => {
    await tickAt(createScheduler({}, { defaults: { ...defaults, enabled: false } }), at('20:10'));
    await change({ enabled: false }, at('20:11'));
    await tickAt(createScheduler(), at('20:12'));

    expect(await readRuns(given.test.database)).to.deep.equal([]);
    expect(await readSlots()).to.deep.equal([]);
  });

  it('starts one run where several services look at the same moment', async () => {
    const services = [createScheduler(), createScheduler(), createScheduler(), createScheduler()];
    given.nowMs = at('20:10');

    await Promise.all(services.map((service) => service.tick()));
    await Promise.all(services.map(runsEnd));

    expect(await readWork(given.test.database)).to.deep.equal(['2026-06-22 daily']);
    expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
  });

  it('starts one run where several services wait for the same session', async () => {
    const services = [createScheduler(), createScheduler(), createScheduler(), createScheduler()];
    await writeSlot('due', at('20:10'));
    given.nowMs = at('20:11');

    await Promise.all(services.map((service) => service.tick()));
    await Promise.all(services.map(runsEnd));

    expect(await readWork(given.test.database)).to.deep.equal(['2026-06-22 daily']);
    expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    expect(given.told).to.deep.equal([
      'info scheduled run for 2026-06-22 started',
      'info scheduled run for 2026-06-22 completed',
    ]);
  });

  describe('when the session was run by hand', () => {
    it('skips it, naming the run', async () => {
      given.nowMs = at('20:05');
      const { runId } = await runByHand();

      await tickAt(createScheduler(), at('20:10'), at('20:11'));

      expect(given.runs).to.deep.equal([]);
      expect(await readSlots()).to.deep.equal([`2026-06-22 skipped: already completed, by manual run ${runId}`]);
      expect(given.told).to.deep.equal([
        `info scheduled run for 2026-06-22 is not needed: already completed, by manual run ${runId}`,
      ]);
    });

    it('runs it all the same when not every phase has completed', async () => {
      given.nowMs = at('20:05');
      await createOrchestrator(given.test.database, [hostPhase(given.test.database, 'early')], { clock }).run({
        session: MONDAY,
      });

      await tickAt(createScheduler({}, { phases: ['early', 'daily'] }), at('20:10'));

      expect(await readWork(given.test.database)).to.deep.equal(['2026-06-22 early', '2026-06-22 daily']);
    });

    it('skips the one before at a trigger time before the close', async () => {
      given.nowMs = at('20:05');
      const { runId } = await runByHand();

      // 12:00 in New York on Tuesday: Monday's is the newest session that has closed.
      const atNoon = { defaults: { ...defaults, triggerTime: '12:00' } };
      await given.test.database.pool.query(`update pipeline.duty set since = $1`, [new Date(at('21:00'))]);
      await tickAt(createScheduler({}, atNoon), at('16:00', TUESDAY));

      expect(await readSlots()).to.deep.equal([`2026-06-22 skipped: already completed, by manual run ${runId}`]);
    });
  });

  describe('when another run is under way', () => {
    it('waits for it, and skips the session if that run has completed it', async () => {
      const scheduler = createScheduler();
      let waiting: string[] = [];
      given.nowMs = at('20:08');

      const { runId } = await runByHand({
        work: async () => {
          given.nowMs = at('20:10');
          await scheduler.tick();
          given.nowMs = at('20:11');
          await scheduler.tick();
          waiting = await readSlots();
        },
      });
      await tickAt(scheduler, at('20:12'));

      expect(waiting).to.have.length(1);
      expect(waiting[0]).to.match(/^2026-06-22 due: EOD_RUN_LOCKED: another run is under way: run /);
      expect(await readSlots()).to.deep.equal([`2026-06-22 skipped: already completed, by manual run ${runId}`]);
      expect(await readWork(given.test.database)).to.deep.equal(['2026-06-22 daily']);
    });

    it('runs the session itself after one that failed', async () => {
      const scheduler = createScheduler();

      await runByHand({
        work: async () => {
          given.nowMs = at('20:10');
          await scheduler.tick();
          throw new Error('no milk today');
        },
      });
      await tickAt(scheduler, at('20:11'));

      expect((await readRuns(given.test.database)).map(({ run }) => run)).to.deep.equal(['failed 1', 'completed 2']);
      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('waits for as long as that takes', async () => {
      const scheduler = createScheduler();
      const lease = await acquireLease(given.test.database, 'run');

      await tickAt(scheduler, at('20:10'), at('20:39'), at('23:50'));
      const waiting = await readSlots();
      await lease.release();
      await tickAt(scheduler, at('23:51'));

      expect(waiting[0]).to.include('2026-06-22 due: EOD_RUN_LOCKED');
      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });
  });

  it('does not begin a failed run again', async () => {
    await tickAt(createScheduler({ work: () => Promise.reject(new Error('no milk today')) }), at('20:10'));
    await tickAt(createScheduler(), at('20:11'), at('21:00'));

    expect((await readRuns(given.test.database)).map(({ run }) => run)).to.deep.equal(['failed 1']);
    expect(await readSlots()).to.deep.equal(['2026-06-22 missed: run failed: EOD_INTERNAL, no milk today']);
    expect(given.told.at(-1)).to.equal('warn session 2026-06-22 is missed: run failed: EOD_INTERNAL, no milk today');
  });
});
