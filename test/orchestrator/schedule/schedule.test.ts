import { expect } from 'chai';
import { TradingCalendar } from '../../../src/core/calendar.js';
import type { PipelineError } from '../../../src/core/errors.js';
import {
  readSchedule,
  updateSchedule,
  type ScheduleChanges,
  type ScheduleDefaults,
  type ScheduleState,
} from '../../../src/orchestrator/schedule/schedule.js';
import { listTriggers, nextTrigger } from '../../../src/orchestrator/schedule/trigger-times.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY } from '../../support/market.js';

const calendar = new TradingCalendar();
const defaults: ScheduleDefaults = { enabled: false, triggerTime: '16:10', marketCheck: true };
/** Noon in New York on Monday 22 June 2026. */
const NOON = '2026-06-22T16:00:00Z';

describe('trigger times', () => {
  /** As `UTC instant session`. */
  const next = (after: string, triggerTime: string, marketCheck = true): string | undefined => {
    const moment = nextTrigger({ triggerTime, marketCheck }, calendar, Date.parse(after), new Set());
    return moment && `${new Date(moment.atMs).toISOString()} ${moment.session}`;
  };
  const last = (upTo: string, triggerTime: string, marketCheck = true): string | undefined => {
    const moment = listTriggers({ triggerTime, marketCheck }, calendar, Date.parse(upTo), () => true).at(-1);
    return moment && `${new Date(moment.atMs).toISOString()} ${moment.session}`;
  };

  it('keep to the clock of New York over both clock changes', () => {
    expect(next('2026-03-06T12:00:00Z', '16:10')).to.equal('2026-03-06T21:10:00.000Z 2026-03-06');
    expect(next('2026-03-07T12:00:00Z', '16:10')).to.equal('2026-03-09T20:10:00.000Z 2026-03-09');
    expect(next('2026-10-30T12:00:00Z', '16:10')).to.equal('2026-10-30T20:10:00.000Z 2026-10-30');
    expect(next('2026-10-31T12:00:00Z', '16:10')).to.equal('2026-11-02T21:10:00.000Z 2026-11-02');
  });

  it('come once on the days of the clock changes: an hour left out is moved, an hour that comes twice is meant the first time', () => {
    expect(next('2026-03-08T05:00:00Z', '02:30', false)).to.equal('2026-03-08T07:30:00.000Z 2026-03-06');
    expect(next('2026-03-08T07:30:00Z', '02:30', false)).to.equal('2026-03-09T06:30:00.000Z 2026-03-06');
    expect(next('2026-11-01T04:00:00Z', '01:30', false)).to.equal('2026-11-01T05:30:00.000Z 2026-10-30');
    expect(next('2026-11-01T05:30:00Z', '01:30', false)).to.equal('2026-11-02T06:30:00.000Z 2026-10-30');
  });

  it('leave out weekends and holidays when the market is asked, and do the session before them otherwise', () => {
    // Thursday 26 November 2026 is Thanksgiving.
    expect(next('2026-11-25T22:00:00Z', '16:10')).to.equal('2026-11-27T21:10:00.000Z 2026-11-27');
    expect(next('2026-11-25T22:00:00Z', '16:10', false)).to.equal('2026-11-26T21:10:00.000Z 2026-11-25');
    expect(last('2026-11-29T12:00:00Z', '16:10')).to.equal('2026-11-27T21:10:00.000Z 2026-11-27');
    expect(last('2026-11-29T12:00:00Z', '16:10', false)).to.equal('2026-11-27T21:10:00.000Z 2026-11-27');
  });

  it('do the newest session that has closed by then, on a half day its own from 13:00 on', () => {
    expect(last('2026-11-25T20:00:00Z', '14:00')).to.equal('2026-11-25T19:00:00.000Z 2026-11-24');
    expect(last('2026-11-27T20:00:00Z', '14:00')).to.equal('2026-11-27T19:00:00.000Z 2026-11-27');
    expect(last('2026-11-27T20:00:00Z', '12:59')).to.equal('2026-11-27T17:59:00.000Z 2026-11-25');
  });

  it('end with the calendar', () => {
    expect(next('2060-12-31T20:00:00Z', '16:10')).to.equal('2060-12-31T21:10:00.000Z 2060-12-31');
    expect(next('2060-12-31T22:00:00Z', '16:10')).to.equal(undefined);
  });
});

describe('the schedule', () => {
  let test: TestDatabase;
  const read = (at = NOON, given = defaults): Promise<ScheduleState> =>
    readSchedule(test.database, given, calendar, Date.parse(at));
  const update = (changes: ScheduleChanges, at = NOON): Promise<ScheduleState> =>
    updateSchedule(test.database, defaults, calendar, changes, Date.parse(at));
  const refusalOf = (changes: unknown): Promise<PipelineError> =>
    update(changes as ScheduleChanges).then(
      () => Promise.reject(new Error('it was not refused')),
      (error: unknown) => error as PipelineError,
    );
  const readEvents = async () =>
    (await test.database.pool.query('select run_id, sequence, channels, body from pipeline.outbox order by commit_seq'))
      .rows;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  it('is the configuration until somebody sets it', async () => {
    expect(await read()).to.deep.equal({
      enabled: false,
      trigger_time: '16:10',
      timezone: 'America/New_York',
      market_check: true,
      universes: [],
      next_run: null,
    });
    expect(await read(NOON, { ...defaults, enabled: true })).to.include({
      enabled: true,
      next_run: '2026-06-22T20:10:00.000Z',
    });
  });

  it('takes any of its fields and keeps the others, whatever the configuration says later', async () => {
    await update({ enabled: true, universes: ['top_500', 'Große Werte'] });
    const updated = await update({ trigger_time: '18:05' });

    const found = await read(NOON, { enabled: false, triggerTime: '09:00', marketCheck: false });

    expect(updated).to.deep.equal(found);
    expect(found).to.deep.equal({
      enabled: true,
      trigger_time: '18:05',
      timezone: 'America/New_York',
      market_check: true,
      universes: ['top_500', 'Große Werte'],
      next_run: '2026-06-22T22:05:00.000Z',
    });
  });

  it('tells the consumer of each change, outside any run', async () => {
    await update({ enabled: true, market_check: false });

    const [event, ...more] = await readEvents();

    expect(more).to.deep.equal([]);
    expect(event).to.include({ run_id: null, sequence: null });
    expect(event.channels).to.deep.equal(['tickstock:processing:schedule']);
    expect(event.body).to.include({
      event: 'schedule_updated',
      source: 'daily_processing_scheduler',
      timestamp: '2026-06-22T16:00:00.000Z',
    });
    expect(event.body.payload).to.deep.equal({
      enabled: true,
      trigger_time: '16:10',
      timezone: 'America/New_York',
      market_check: false,
      next_run: '2026-06-22T20:10:00.000Z',
    });
  });

  it('refuses what it does not know with every problem, and changes and tells nothing', async () => {
    const error = await refusalOf({ enabled: 'yes', trigger_time: '24:00', universes: ['', 'a\0b', 7], zone: 'UTC' });

    expect(error.code).to.equal('EOD_REQUEST_INVALID');
    expect(error.context['problems']).to.have.deep.members([
      { path: 'enabled', message: 'is "yes"; allowed: true or false' },
      { path: 'trigger_time', message: 'is "24:00"; allowed: a time of day in New York, HH:MM from 00:00 to 23:59' },
      { path: 'universes.0', message: 'is ""; allowed: text without control characters' },
      { path: 'universes.1', message: 'is "a\\u0000b"; allowed: text without control characters' },
      { path: 'universes.2', message: 'is 7; allowed: text' },
      { path: 'zone', message: 'is not a field of the schedule' },
    ]);
    expect(error.message).to.include('trigger_time is "24:00"').and.include('zone is not a field');
    expect(error.hint).to.equal('give any of enabled, trigger_time, market_check, universes');
    expect(await read()).to.include({ enabled: false, trigger_time: '16:10' });
    expect(await readEvents()).to.deep.equal([]);
  });

  it('takes 100 names of 100 characters, and no more', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(100, 'x'));

    const updated = await update({ universes: names });
    const tooMany = await refusalOf({ universes: [...names, 'one more'] });
    const tooLong = await refusalOf({ universes: ['x'.repeat(101)] });

    expect(updated.universes).to.deep.equal(names);
    expect(tooMany.message).to.include('allowed: at most 100 names');
    expect(tooLong.message).to.include('allowed: at most 100 characters');
  });

  it('says of a hundred wrong names how many more there are', async () => {
    const error = await refusalOf({ universes: Array.from({ length: 100 }, () => 7) });

    expect(error.context['problems']).to.have.length(10);
    expect(error.message).to.match(/; and 90 more$/);
  });

  it('refuses what is no object at all', async () => {
    const [nothing, list] = [await refusalOf(null), await refusalOf([])];

    expect(nothing).to.include({ code: 'EOD_REQUEST_INVALID' });
    expect(list).to.include({ code: 'EOD_REQUEST_INVALID' });
  });

  it('keeps both changes of two callers at once', async () => {
    await Promise.all([update({ enabled: true }), update({ trigger_time: '17:00' }), update({ market_check: false })]);

    expect(await read()).to.include({ enabled: true, trigger_time: '17:00', market_check: false });
  });

  it('names the next run: the first trigger time to come whose session is not done', async () => {
    await update({ enabled: true });
    const before = await read('2026-06-22T20:09:59Z');
    const after = await read('2026-06-22T20:10:00Z');
    await test.database.pool.query(
      `insert into pipeline.slot (pipeline, session, state, updated_at) values ('daily', $1, 'completed', now())`,
      [MONDAY],
    );
    const moved = await update({ trigger_time: '18:00' }, '2026-06-22T21:00:00Z');

    expect(before.next_run).to.equal('2026-06-22T20:10:00.000Z');
    expect(after.next_run).to.equal('2026-06-23T20:10:00.000Z');
    expect(moved.next_run).to.equal('2026-06-23T22:00:00.000Z');
  });
});
