import pg from 'pg';
import { CacheSyncPhase } from '../../../../phases/cache-sync/phase.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import { systemClock } from '../../../../src/core/clock.js';
import { Orchestrator } from '../../../../src/orchestrator/run/run.js';
import type { ProgressTracker } from '../../../../src/progress/tracker.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { ANY_CAP, configOf, type Listing } from '../../../support/market.js';

/** Half of each list changes overnight, as no gate would let it. */
export const config = configOf({ universes: ANY_CAP, gates: { turnover: { minMembers: 1e9 } } });

/** 400 stocks whose caps, and so their places, change from session to session. */
export const marketOn = (day: number): Listing[] =>
  Array.from({ length: 400 }, (_, index) => ({
    symbol: `S${index}`,
    cap: 1e8 * (1 + ((index * 7 + day * 131) % 400)),
    active: (index + day) % 5 > 0,
  }));

export function createOrchestrator(test: TestDatabase, tracker: ProgressTracker, phase?: CacheSyncPhase): Orchestrator {
  const sync = phase ?? new CacheSyncPhase(test.database, config, new TradingCalendar());
  // Whether an import has completed is not what is tried here.
  Object.defineProperty(sync, 'needs', { value: [] });
  return new Orchestrator({
    phases: [sync],
    database: test.database,
    tracker,
    clock: systemClock,
    concurrency: 2,
    configHash: 'test',
    codeVersion: 'test',
  });
}

/** As a server that restarts would, but for the reader's own connection. */
export async function cutConnections(reader: pg.Client): Promise<unknown> {
  return reader.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );
}

/** What these tests have in common; registers its hooks. */
export function useAtomicPublish() {
  let test: TestDatabase;
  let reader: pg.Client;

  beforeEach(async () => {
    test = await createTestDatabase();
    reader = new pg.Client({ connectionString: test.url });
    await reader.connect();
  });

  afterEach(async () => {
    await reader.end();
    await test.drop();
  });
  return {
    get test() {
      return test;
    },
    get reader() {
      return reader;
    },
  };
}
