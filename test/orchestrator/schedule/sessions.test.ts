import { expect } from 'chai';
import { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import { readFreshness, readSessions } from '../../../src/orchestrator/schedule/sessions.js';
import { toVerdict, type SessionFacts } from '../../../src/orchestrator/schedule/verdict.js';
import { PipelineError } from '../../../src/core/errors.js';
import { MONDAY, TUESDAY } from '../../support/market.js';
import { createOrchestrator, hostPhase, readOutbox, type HostPhaseOptions } from '../host-phase.js';
import { at, defaults, policy, useScheduler } from './scheduler-fixture.js';

const calendar = new TradingCalendar();
const day = (text: string): SessionDate => text as SessionDate;

describe('the verdict of a session', () => {
  const none: SessionFacts = {
    published: null,
    isHeld: false,
    runStatus: null,
    error: null,
    slot: null,
    reason: null,
    wasDue: false,
  };
  const cases: readonly [string, Partial<SessionFacts>, string, string | null][] = [
    ['published', { published: 'completed', runStatus: 'completed' }, 'published', null],
    ['published, with a run on it', { published: 'completed', runStatus: 'running' }, 'published', null],
    [
      'published in part',
      { published: 'completed_with_holds' },
      'published_with_holds',
      'universes are held: tickstock holds',
    ],
    ['held', { published: 'completed_with_holds', isHeld: true }, 'held', 'the whole session is held: tickstock holds'],
    ['under way', { runStatus: 'running', slot: 'claimed', wasDue: true }, 'running', null],
    ['waiting', { slot: 'due', reason: 'no file', wasDue: true }, 'waiting', 'no file'],
    ['missed', { slot: 'missed', reason: 'no file', wasDue: true }, 'missed', 'no file'],
    ['due without a service', { wasDue: true }, 'missed', 'no service ran when it was due: tickstock backfill'],
    [
      'not due, and failed by hand',
      { runStatus: 'failed', error: 'EOD_X, no' },
      'not_scheduled',
      'run failed: EOD_X, no',
    ],
    ['not due', {}, 'not_scheduled', null],
  ];
  for (const [title, facts, verdict, reason] of cases) {
    it(`that is ${title} is ${verdict}`, () => {
      expect(toVerdict({ ...none, ...facts })).to.deep.equal({ verdict, reason });
    });
  }
});

describe('the sessions of a schedule', () => {
  const given = useScheduler();
  const { createScheduler, tickAt } = given;
  const parts = () => ({ database: given.test.database, calendar, defaults, lateMs: policy.lateMs });
  /** A pipeline whose one phase is the one that publishes. */
  const publishing = (options: HostPhaseOptions = {}) => {
    const orchestrator = createOrchestrator(
      given.test.database,
      [hostPhase(given.test.database, 'cache-sync', options)],
      {
        clock: given.clock,
      },
    );
    return createScheduler(
      {},
      {
        phases: ['cache-sync'],
        trigger: async (request) => {
          const run = await orchestrator.start(request);
          given.runs.push(run);
          return run;
        },
      },
    );
  };
  const read = async (from: string, to: string, nowMs: number): Promise<string[]> =>
    (await readSessions(parts(), { from: day(from), to: day(to) }, nowMs)).map(
      ({ session, verdict, reason }) => `${session} ${verdict}${reason === null ? '' : `: ${reason}`}`,
    );

  it('have a verdict for every weekday: published, waiting, missed, closed, and before the schedule was on', async () => {
    await tickAt(publishing(), at('20:10'));
    const missing = { assertRunnable: () => Promise.reject(new PipelineError('EOD_SOURCE_MISSING', 'no file')) };
    await tickAt(publishing(missing), at('20:10', TUESDAY), at('20:45', TUESDAY), at('20:10', '2026-06-24'));

    expect(await read('2026-06-18', '2026-06-25', at('20:15', '2026-06-24'))).to.deep.equal([
      '2026-06-18 not_scheduled',
      '2026-06-19 skipped: the market was closed: Juneteenth',
      '2026-06-22 published',
      '2026-06-23 missed: EOD_SOURCE_MISSING: no file',
      '2026-06-24 waiting: EOD_SOURCE_MISSING: no file',
    ]);
  });

  it('are behind and late by the clock, whether a service runs or not', async () => {
    await tickAt(publishing(), at('20:10'));
    const fresh = await readFreshness(parts(), at('20:09', TUESDAY));
    const due = await readFreshness(parts(), at('20:11', TUESDAY));
    const late = await readFreshness(parts(), at('21:11', TUESDAY));

    expect([fresh.behind, fresh.late]).to.deep.equal([0, null]);
    expect([due.behind, due.late]).to.deep.equal([1, null]);
    expect(late.behind).to.equal(1);
    expect(late.late).to.include({ session: TUESDAY, verdict: 'missed', dueAt: '2026-06-23T20:10:00.000Z' });
  });

  it('that were published without their later phases are not missed once a later one is published', async () => {
    const scheduler = createScheduler({}, { phases: ['cache-sync', 'indicators'] });
    const backfill = createOrchestrator(given.test.database, [hostPhase(given.test.database, 'cache-sync')], {
      clock: given.clock,
    });
    given.nowMs = at('20:05', '2026-06-24');
    for (const session of [MONDAY, TUESDAY]) await backfill.run({ session, trigger: 'backfill' });

    await tickAt(scheduler, at('20:09', '2026-06-24'));

    expect((await given.readSlots())[0]).to.match(/^2026-06-22 skipped: already published, by backfill run /);
    expect((await readOutbox(given.test.database)).filter(({ event }) => event === 'session_verdict')).to.deep.equal(
      [],
    );
  });

  it('keep the trigger time at which they were due when the schedule is changed', async () => {
    await tickAt(publishing(), at('20:10'));
    await given.change({ trigger_time: '18:00' }, at('21:00'));

    const [monday] = await readSessions(parts(), { from: MONDAY, to: MONDAY }, at('22:30'));

    expect(monday?.dueAt).to.equal('2026-06-22T20:10:00.000Z');
  });

  it('are announced when they wait, are missed, and once when they are late', async () => {
    const missing = { assertRunnable: () => Promise.reject(new PipelineError('EOD_SOURCE_MISSING', 'no file')) };
    const minutes = Array.from({ length: 80 }, (_, index) => at('20:10') + index * 60_000);

    await tickAt(publishing(missing), ...minutes);

    const events = (await readOutbox(given.test.database)).filter(({ event }) => event === 'session_verdict');
    expect(events.map(({ payload }) => `${String(payload['verdict'])} ${String(payload['late'])}`)).to.deep.equal([
      'waiting false',
      'missed false',
      'missed true',
    ]);
    expect(events[2]?.payload).to.include({ session: MONDAY, reason: 'EOD_SOURCE_MISSING: no file' });
  });

  it('of a year are each run once, and every closure is a row', async () => {
    const sessions = calendar.between(day('2025-07-01'), day('2026-06-30'));
    await given.test.database.pool.query(`update pipeline.duty set since = '2025-06-30T21:00:00Z'`);
    const scheduler = publishing();
    // Ten minutes past four in New York, on every day of the year, over both changes of its clocks.
    for (let dayMs = Date.UTC(2025, 6, 1); dayMs <= Date.UTC(2026, 5, 30); dayMs += 86_400_000)
      await tickAt(scheduler, dayMs + 20 * 3_600_000 + 10 * 60_000, dayMs + 21 * 3_600_000 + 10 * 60_000);

    const verdicts = await readSessions(
      parts(),
      { from: day('2025-07-01'), to: day('2026-06-30') },
      Date.UTC(2026, 5, 30, 23),
    );

    expect(sessions).to.have.length(251);
    expect(verdicts.filter(({ verdict }) => verdict === 'published').map(({ session }) => session)).to.deep.equal(
      sessions,
    );
    expect(
      verdicts.filter(({ verdict }) => verdict !== 'published').map(({ session, reason }) => `${session} ${reason}`),
    ).to.deep.equal([
      '2025-07-04 the market was closed: Independence Day',
      '2025-09-01 the market was closed: Labor Day',
      '2025-11-27 the market was closed: Thanksgiving Day',
      '2025-12-25 the market was closed: Christmas Day',
      "2026-01-01 the market was closed: New Year's Day",
      '2026-01-19 the market was closed: Martin Luther King Jr. Day',
      "2026-02-16 the market was closed: Washington's Birthday",
      '2026-04-03 the market was closed: Good Friday',
      '2026-05-25 the market was closed: Memorial Day',
      '2026-06-19 the market was closed: Juneteenth',
    ]);
    const { rows } = await given.test.database.pool.query(
      'select count(*)::int as runs, count(distinct session)::int as sessions from pipeline.run',
    );
    expect(rows).to.deep.equal([{ runs: 251, sessions: 251 }]);
  });
});
