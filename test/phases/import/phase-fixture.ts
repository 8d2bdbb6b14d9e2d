import { expect } from 'chai';
import { ImportPhase } from '../../../phases/import/phase.js';
import { loadConfig } from '../../../src/config/load.js';
import { TradingCalendar } from '../../../src/core/calendar.js';
import { PipelineError } from '../../../src/core/errors.js';
import type { PhaseReport } from '../../../src/core/phase.js';
import { parseSessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { runPhase, type PhaseRunOptions } from '../../support/phase-context.js';
import { screenerConfig, ScreenerFolders } from './screener-folders.js';

export const DAY = '2026-06-30';

export const calendar = new TradingCalendar();

export async function refusalOf(work: Promise<unknown>): Promise<PipelineError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).to.be.instanceOf(PipelineError);
  return thrown as PipelineError;
}

/** What these tests have in common; registers its hooks. */
export function useImport() {
  const folders = new ScreenerFolders();
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  after(() => folders.remove());

  const read = async (query: string) => (await test.database.pool.query<Record<string, unknown>>(query)).rows;
  const importFrom = (source: string, day = DAY, options: Partial<PhaseRunOptions> = {}): Promise<PhaseReport> =>
    run(loadConfig({ options: { import: { source } } }).config, day, options);
  const importRows = (
    rows: readonly unknown[],
    day = DAY,
    options: Partial<PhaseRunOptions> = {},
  ): Promise<PhaseReport> => run(screenerConfig(folders.make({ [day]: { 'nasdaq.json.gz': rows } })), day, options);
  const run = (config: ConstructorParameters<typeof ImportPhase>[1], day: string, options: Partial<PhaseRunOptions>) =>
    runPhase(new ImportPhase(test.database, config, calendar), test.database, {
      session: parseSessionDate(day),
      ...options,
    });
  /** Every row with the transaction that wrote it. */
  const readVersions = () =>
    read(`select 'symbols' as "table", symbol, xmin::text, last_updated::text from symbols
          union all select 'ohlcv_daily', symbol || date, xmin::text, null from ohlcv_daily
          union all select 'rejected_row', origin || row_number, xmin::text, null from pipeline.rejected_row
          order by 1, 2`);
  return {
    get test() {
      return test;
    },
    folders,
    read,
    importFrom,
    importRows,
    run,
    readVersions,
  };
}
