import { expect } from 'chai';
import { TradingCalendar } from '../../src/core/calendar.js';
import { PipelineError } from '../../src/core/errors.js';
import { importRange, type ImportRangeRequest, type ImportRangeResult } from '../../src/orchestrator/import-range.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY } from '../support/market.js';
import { createOrchestrator, hostPhase, readWork } from './host-phase.js';

const calendar = new TradingCalendar();
/** In the night after Friday, 2026-06-26. */
const clock = { now: () => Date.parse('2026-06-27T03:00:00Z') };

describe('the import of a range', () => {
  let test: TestDatabase;
  let broken: string | undefined;
  let missing: string | undefined;
  const run = (request: ImportRangeRequest): Promise<ImportRangeResult> => {
    const work = ({ session }: { session: string }): Promise<void> =>
      session === broken ? Promise.reject(new Error('no bars')) : Promise.resolve();
    const assertRunnable = (session: string): Promise<void> =>
      session === missing ? Promise.reject(new PipelineError('EOD_SOURCE_MISSING', 'no folder')) : Promise.resolve();
    const phases = [
      hostPhase(test.database, 'import', { ordinal: 2, work, assertRunnable }),
      hostPhase(test.database, 'cache-sync', { ordinal: 2.5, needs: ['import'] }),
    ];
    return importRange(createOrchestrator(test.database, phases, { clock }), calendar, clock, request);
  };
  const outcome = ({ sessions }: ImportRangeResult) => sessions.map(({ session, status }) => `${session} ${status}`);

  beforeEach(async () => {
    test = await createTestDatabase();
    [broken, missing] = [undefined, undefined];
  });

  afterEach(() => test.drop());

  it('imports every session in order up to the newest that has closed, and publishes none', async () => {
    const seen: string[] = [];

    const result = await run({
      from: WEDNESDAY,
      onProgress: ({ total, done, latest }) => seen.push(`${done} of ${total} ${latest?.session ?? ''}`.trim()),
    });

    expect(result.status).to.equal('completed');
    expect(await readWork(test.database)).to.deep.equal([WEDNESDAY, THURSDAY, FRIDAY].map((day) => `${day} import`));
    expect(seen).to.deep.equal(['0 of 3', `1 of 3 ${WEDNESDAY}`, `2 of 3 ${THURSDAY}`, `3 of 3 ${FRIDAY}`]);
  });

  it('ends at the first failure, keeps what was imported and resumes there', async () => {
    broken = TUESDAY;
    const failed = await run({ from: MONDAY, to: WEDNESDAY });
    broken = undefined;
    const resumed = await run({ from: MONDAY, to: WEDNESDAY });

    expect(failed.status).to.equal('failed');
    expect(failed.error?.message).to.include('no bars');
    expect(outcome(failed)).to.deep.equal([`${MONDAY} completed`, `${TUESDAY} failed`]);
    expect(outcome(resumed)).to.deep.equal([`${MONDAY} skipped`, `${TUESDAY} completed`, `${WEDNESDAY} completed`]);
  });

  it('ends at a session without data, or continues after it', async () => {
    missing = TUESDAY;

    const ended = await run({ from: MONDAY, to: WEDNESDAY });
    const continued = await run({ from: MONDAY, to: WEDNESDAY, skipMissing: true });

    expect(ended.error).to.include({ code: 'EOD_SOURCE_MISSING' });
    expect(outcome(continued)).to.deep.equal([`${MONDAY} skipped`, `${TUESDAY} missing`, `${WEDNESDAY} completed`]);
    expect(continued.status).to.equal('completed');
  });

  it('is cancelled between two sessions', async () => {
    const abort = new AbortController();

    const result = await run({
      from: MONDAY,
      to: WEDNESDAY,
      signal: abort.signal,
      onProgress: ({ done }) => done === 1 && abort.abort(),
    });

    expect(result.status).to.equal('cancelled');
    expect(await readWork(test.database)).to.deep.equal([`${MONDAY} import`]);
  });

  it('refuses a range without a session or with one that has not closed', async () => {
    const range = (from: string, to: string) =>
      run({ from, to } as ImportRangeRequest).catch((error: unknown) => error);

    expect(await range('2026-06-27', '2026-06-28')).to.include({ code: 'EOD_SESSION_INVALID' });
    expect(await range('2026-06-26', '2026-06-25')).to.include({ code: 'EOD_SESSION_INVALID' });
    expect(await range('2026-06-26', '2026-06-29')).to.include({ code: 'EOD_SESSION_FUTURE' });
  });
});
