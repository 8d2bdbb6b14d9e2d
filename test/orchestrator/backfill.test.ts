import { expect } from 'chai';
import { TradingCalendar } from '../../src/core/calendar.js';
import { PipelineError } from '../../src/core/errors.js';
import type { SessionDate } from '../../src/core/session.js';
import { runBackfill, type BackfillRequest, type BackfillResult } from '../../src/orchestrator/backfill.js';
import { previewBackfill } from '../../src/orchestrator/preview-backfill.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY } from '../support/market.js';
import { createOrchestrator, hostPhase, readWork } from './host-phase.js';

const calendar = new TradingCalendar();
const clock = { now: () => Date.parse('2026-07-01T00:00:00Z') };

describe('a backfill', () => {
  let test: TestDatabase;
  let broken: string | undefined;
  let missing: string | undefined;
  const partsOf = () => {
    const work = ({ session }: { session: string }): Promise<void> =>
      session === broken ? Promise.reject(new Error('no bars')) : Promise.resolve();
    const assertRunnable = (session: string): Promise<void> =>
      session === missing ? Promise.reject(new PipelineError('EOD_SOURCE_MISSING', 'no folder')) : Promise.resolve();
    const phases = [
      hostPhase(test.database, 'import', { ordinal: 2, work, assertRunnable }),
      hostPhase(test.database, 'cache-sync', { ordinal: 2.5, needs: ['import'] }),
      hostPhase(test.database, 'indicators', { ordinal: 3 }),
    ];
    return {
      database: test.database,
      phases,
      calendar,
      clock,
      orchestrator: createOrchestrator(test.database, phases, { clock }),
    };
  };
  const backfill = (request: BackfillRequest): Promise<BackfillResult> =>
    runBackfill(partsOf().orchestrator, calendar, clock, request);
  const preview = async (from: SessionDate, to?: SessionDate) => {
    const { kind, steps, estimatedMs } = await previewBackfill(partsOf(), { from, to }, { symbols: 0, universes: 0 });
    return {
      kind,
      estimatedMs,
      steps: steps.map(({ session, action, reason }) => [session, action, reason].join(' ').trim()),
    };
  };
  const outcome = (result: BackfillResult) => result.sessions.map(({ session, status }) => `${session} ${status}`);

  beforeEach(async () => {
    test = await createTestDatabase();
    broken = undefined;
    missing = undefined;
  });

  afterEach(async () => {
    await test.drop();
  });

  it('runs every session of the range, oldest first, weekends and holidays left out', async () => {
    // Friday 19 June 2026 is Juneteenth.
    const result = await backfill({ from: '2026-06-18' as SessionDate, to: TUESDAY, indicators: 'none' });

    expect(result.status).to.equal('completed');
    expect(await readWork(test.database)).to.deep.equal([
      '2026-06-18 import',
      '2026-06-18 cache-sync',
      '2026-06-22 import',
      '2026-06-22 cache-sync',
      '2026-06-23 import',
      '2026-06-23 cache-sync',
    ]);
  });

  it('computes indicators for the last session only, unless told otherwise', async () => {
    await backfill({ from: MONDAY, to: TUESDAY });
    await backfill({ from: WEDNESDAY, to: THURSDAY, indicators: 'all' });

    expect((await readWork(test.database)).filter((text) => text.endsWith('indicators'))).to.deep.equal([
      '2026-06-23 indicators',
      '2026-06-24 indicators',
      '2026-06-25 indicators',
    ]);
  });

  it('is shown beforehand: what is run, passed over, refused and recomputed; nothing is written', async () => {
    missing = WEDNESDAY;
    const empty = await preview(MONDAY, WEDNESDAY);
    expect(empty).to.deep.equal({
      kind: 'run',
      estimatedMs: null,
      steps: [`${MONDAY} run`, `${TUESDAY} run`, `${WEDNESDAY} refused EOD_SOURCE_MISSING: no folder`],
    });
    expect(await readWork(test.database)).to.deep.equal([]);

    await backfill({ from: MONDAY, to: TUESDAY });
    const later = await preview(MONDAY, WEDNESDAY);
    const replayed = await preview(MONDAY);

    expect(later.steps).to.deep.equal([
      `${MONDAY} skip a later session is published`,
      `${TUESDAY} run`,
      `${WEDNESDAY} refused EOD_SOURCE_MISSING: no folder`,
    ]);
    // The clock of these tests stands still.
    expect(later.estimatedMs).to.equal(0);
    expect(replayed).to.deep.include({ kind: 'replay', steps: [`${MONDAY} recompute`, `${TUESDAY} recompute`] });
    expect((await test.database.pool.query('select from pipeline.run')).rowCount).to.equal(2);
  });

  it('reports each session as it is done', async () => {
    const seen: unknown[] = [];

    await backfill({
      from: MONDAY,
      to: TUESDAY,
      onProgress: ({ total, done, latest }) => seen.push([total, done, latest?.session, latest?.status]),
    });

    expect(seen).to.deep.equal([
      [2, 0, undefined, undefined],
      [2, 1, MONDAY, 'completed'],
      [2, 2, TUESDAY, 'completed'],
    ]);
  });

  it('stops at the first failure, and continues from there when run again', async () => {
    broken = WEDNESDAY;
    const first = await backfill({ from: MONDAY, to: FRIDAY, indicators: 'none' });
    broken = undefined;

    const second = await backfill({ from: MONDAY, to: FRIDAY, indicators: 'none' });

    expect(outcome(first)).to.deep.equal(['2026-06-22 completed', '2026-06-23 completed', '2026-06-24 failed']);
    expect(first.status).to.equal('failed');
    expect(first.error).to.have.property('message', 'no bars');
    expect(outcome(second)).to.deep.equal([
      '2026-06-22 skipped',
      '2026-06-23 completed',
      '2026-06-24 completed',
      '2026-06-25 completed',
      '2026-06-26 completed',
    ]);
    const work = await readWork(test.database);
    expect(work.filter((text) => text === `${MONDAY} import`)).to.have.length(1);
    expect(work.filter((text) => text.endsWith('cache-sync')).map((text) => text.slice(0, 10))).to.deep.equal([
      MONDAY,
      TUESDAY,
      TUESDAY,
      WEDNESDAY,
      THURSDAY,
      FRIDAY,
    ]);
  });

  it('keeps what it has done when a session is refused before it begins', async () => {
    missing = WEDNESDAY;

    const result = await backfill({ from: MONDAY, to: FRIDAY, indicators: 'none' });

    expect(outcome(result)).to.deep.equal(['2026-06-22 completed', '2026-06-23 completed', '2026-06-24 failed']);
    expect(result.status).to.equal('failed');
    expect(result.error).to.include({ code: 'EOD_SOURCE_MISSING', message: 'no folder' });
    expect(result.sessions[2]).to.include({ error: result.error }).and.not.have.property('run');
  });

  it('stops when it is cancelled, and the session under way publishes nothing', async () => {
    const controller = new AbortController();

    const result = await backfill({
      from: MONDAY,
      to: FRIDAY,
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 2) controller.abort();
      },
    });

    expect(outcome(result)).to.deep.equal(['2026-06-22 completed', '2026-06-23 completed', '2026-06-24 cancelled']);
    expect(result.status).to.equal('cancelled');
    expect((await readWork(test.database)).at(-1)).to.equal('2026-06-23 cache-sync');
  });

  it('refuses to put a session in between published ones, before anything runs', async () => {
    await backfill({ from: TUESDAY, to: TUESDAY });
    await backfill({ from: THURSDAY, to: THURSDAY });
    const before = await readWork(test.database);

    const refusal = await backfill({ from: MONDAY, to: FRIDAY }).then(
      () => undefined,
      (error: unknown) => error as PipelineError,
    );

    expect(refusal).to.include({ code: 'EOD_SESSION_NOT_NEWEST' });
    expect(refusal?.message).to.include('2 sessions from 2026-06-22 on are older than 2026-06-25');
    expect(await readWork(test.database)).to.deep.equal(before);
  });

  for (const [what, from, to, code] of [
    ['ends before it begins', TUESDAY, MONDAY, 'EOD_SESSION_INVALID'],
    ['has no session', '2026-06-20', '2026-06-21', 'EOD_SESSION_INVALID'],
    ['ends in the future', MONDAY, '2026-07-02', 'EOD_SESSION_FUTURE'],
  ] as const) {
    it(`refuses a range that ${what}`, async () => {
      const refusal: unknown = await backfill({ from: from as SessionDate, to: to as SessionDate }).catch(
        (error: unknown) => error,
      );

      expect(refusal).to.include({ code });
      expect(await readWork(test.database)).to.deep.equal([]);
    });
  }

  it('recomputes as one run of the newest session what is published, and leaves the import out', async () => {
    await backfill({ from: MONDAY, to: FRIDAY });
    const before = await readWork(test.database);

    const again = await backfill({ from: TUESDAY, to: FRIDAY });
    const open = await backfill({ from: WEDNESDAY });

    expect([again.replayedFrom, open.replayedFrom]).to.deep.equal([TUESDAY, WEDNESDAY]);
    expect(outcome(again)).to.deep.equal([`${FRIDAY} completed`]);
    expect((await readWork(test.database)).slice(before.length)).to.deep.equal([
      `${FRIDAY} cache-sync`,
      `${FRIDAY} indicators`,
      `${FRIDAY} cache-sync`,
      `${FRIDAY} indicators`,
    ]);
  });

  it('says what to do where nothing is published that could be recomputed', async () => {
    const refusal: unknown = await backfill({ from: MONDAY }).catch((error: unknown) => error);

    expect(refusal).to.include({ code: 'EOD_SESSION_INVALID' }).and.have.property('hint').that.includes('--to');
  });
});
