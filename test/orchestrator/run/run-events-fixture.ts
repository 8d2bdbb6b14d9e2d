import type { EventDraft, PhaseEvents } from '../../../src/core/phase.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import type { StoredBody } from '../host-phase.js';

export const told = (event: string): EventDraft => ({ event, channels: ['host:events'], source: 'host', payload: {} });

/** What a host's phase tells, by name. */
export const HOST_EVENTS: PhaseEvents = {
  job: 'host_job',
  requested: (_, by) => [told(`requested by ${by}`)],
  started: () => [told('host started')],
  progress: (_, { fraction }) => [told(`host at ${fraction}`)],
  ended: (_, { error }) => [told(error ? `host failed: ${error.code}` : 'host ended')],
};

const PROGRESS = ['daily_processing_progress', 'job_progress_update'];

export const withoutProgress = (bodies: readonly StoredBody[]): string[] =>
  bodies.map(({ event }) => event).filter((event) => !PROGRESS.includes(event));

/** What these tests have in common; registers its hooks. */
export function useRunEvents() {
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
