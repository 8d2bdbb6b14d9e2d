import { expect } from 'chai';
import pg from 'pg';
import { createPipeline } from '../../../src/container.js';
import type { Pipeline } from '../../../src/orchestrator/pipeline.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY, TUESDAY, WEDNESDAY, writeListings } from '../../support/market.js';
import { errorOf, MARKET, PHASES } from '../holds-fixture.js';

/** Six in the evening in New York on Tuesday. */
let nowMs = 0;
const clock = { now: () => nowMs };

describe('a day that the exchange announces', () => {
  let test: TestDatabase;
  let pool: pg.Pool;
  let here: Pipeline;
  let elsewhere: Pipeline;

  beforeEach(async () => {
    nowMs = Date.parse('2026-06-23T22:00:00Z');
    test = await createTestDatabase();
    pool = new pg.Pool({ connectionString: test.url, max: 8 });
    pool.on('error', () => undefined);
    here = await createPipeline({ database: pool, clock });
    elsewhere = await createPipeline({ database: pool, clock });
    await writeListings(test.database, MONDAY, MARKET);
    await here.run({ session: MONDAY, phases: PHASES });
  });

  afterEach(async () => {
    await Promise.all([here.close(), elsewhere.close()]);
    await pool.end();
    await test.drop();
  });

  const announce = (date: string, kind: 'closed' | 'early-close' | 'open') =>
    here.announcements.announce({ date, kind, reason: 'day of mourning' }, 'ann@desk');

  it('is closed for every process at once, without a restart', async () => {
    await announce(TUESDAY, 'closed');
    const refused = await errorOf(elsewhere.run({ session: TUESDAY, phases: PHASES }));
    const [verdict] = await here.schedule.sessions({ from: TUESDAY, to: TUESDAY });
    const next = await createPipeline({ database: pool, clock });
    const reason = next.calendar.closedReason(TUESDAY);
    await next.close();

    expect(refused?.code).to.equal('EOD_SESSION_INVALID');
    expect(refused?.message).to.include('day of mourning');
    expect(verdict).to.include({ verdict: 'skipped', reason: 'the market was closed: day of mourning' });
    expect(reason).to.equal('day of mourning');
    expect((await here.announcements.list())[0]).to.include({ date: TUESDAY, kind: 'closed', announcedBy: 'ann@desk' });
  });

  it('is not missed by the schedule that waited for it, and is scheduled again when it is taken back', async () => {
    const slotsOf = async () => (await pool.query('select state from pipeline.slot')).rows;
    nowMs = Date.parse('2026-06-23T12:00:00Z');
    await here.schedule.update({ enabled: true, trigger_time: '16:10' });
    nowMs = Date.parse('2026-06-23T22:00:00Z');
    await pool.query(
      `insert into pipeline.slot (pipeline, session, state, updated_at, due_at) values ('daily', $1, 'due', now(), now())`,
      [TUESDAY],
    );
    await announce(TUESDAY, 'closed');
    expect(await slotsOf()).to.deep.equal([]);
    expect(here.calendar.next(MONDAY)).to.equal(WEDNESDAY);

    await here.announcements.withdraw(TUESDAY);
    expect(here.calendar.isSession(TUESDAY)).to.equal(true);
    expect(await here.announcements.list()).to.deep.equal([]);
  });

  it('may end early, and may be a full session instead', async () => {
    await announce(TUESDAY, 'early-close');
    expect(here.calendar.isEarlyClose(TUESDAY)).to.equal(true);
    await announce('2026-07-03', 'open');
    expect(here.calendar.isSession('2026-07-03' as never)).to.equal(true);
  });

  it('is seen by a service at its next check, but not in the middle of a run', async () => {
    await announce(WEDNESDAY, 'closed');
    expect(elsewhere.calendar.isSession(WEDNESDAY)).to.equal(true);

    elsewhere.service.start();
    const deadline = Date.now() + 5000;
    while (elsewhere.calendar.isSession(WEDNESDAY) && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(elsewhere.calendar.isSession(WEDNESDAY)).to.equal(false);
  });

  const refusals = [
    ['a session that is published', MONDAY, 'closed', 'EOD_SESSION_NOT_NEWEST'],
    ['a day before one that is published', '2026-06-19', 'open', 'EOD_SESSION_NOT_NEWEST'],
    ['a Saturday', '2026-06-27', 'open', 'EOD_SESSION_INVALID'],
    ['a holiday that is closed already', '2026-07-03', 'closed', 'EOD_SESSION_INVALID'],
    ['an early close of a holiday', '2026-07-03', 'early-close', 'EOD_SESSION_INVALID'],
    ['an early close that is one already', '2026-11-27', 'early-close', 'EOD_SESSION_INVALID'],
    ['a full session that is one already', WEDNESDAY, 'open', 'EOD_SESSION_INVALID'],
    ['a year that the calendar does not have', '2099-01-02', 'closed', 'EOD_SESSION_INVALID'],
    ['a date that does not exist', '2026-02-30', 'closed', 'EOD_REQUEST_INVALID'],
  ] as const;
  for (const [title, date, kind, code] of refusals) {
    it(`is refused: ${title}`, async () => {
      const error = await errorOf(announce(date, kind));

      expect(error?.code, error?.message).to.equal(code);
      expect(await here.announcements.list()).to.deep.equal([]);
    });
  }

  it('is refused while a run for it is under way', async () => {
    await writeListings(test.database, TUESDAY, MARKET);
    const { finished } = await elsewhere.start({ session: TUESDAY, phases: PHASES });
    const error = await errorOf(announce(TUESDAY, 'closed'));
    await finished;

    expect(error?.code).to.equal('EOD_RUN_LOCKED');
    expect((await errorOf(announce(TUESDAY, 'closed')))?.code).to.equal('EOD_SESSION_NOT_NEWEST');
  });

  it('cannot be taken back when nothing was announced', async () => {
    expect((await errorOf(here.announcements.withdraw(TUESDAY)))?.code).to.equal('EOD_SESSION_INVALID');
  });
});
