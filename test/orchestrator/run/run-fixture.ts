import type { PipelineError } from '../../../src/core/errors.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

export const refusalOf = (work: Promise<unknown>): Promise<PipelineError> =>
  work.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: unknown) => error as PipelineError,
  );

/** What these tests have in common; registers its hooks. */
export function useRuns() {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });
  return {
    get test() {
      return test;
    },
  };
}
