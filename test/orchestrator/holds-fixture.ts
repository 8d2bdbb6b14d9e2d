import pg from 'pg';
import { createPipeline } from '../../src/container.js';
import type { PipelineError } from '../../src/core/errors.js';
import type { HoldRecord } from '../../src/history/holds.js';
import type { Pipeline } from '../../src/orchestrator/pipeline.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { MONDAY, TUESDAY, writeListings, type Listing } from '../support/market.js';

export const clock = { now: () => Date.parse('2026-07-01T00:00:00Z') };

export const PHASES = ['import', 'cache-sync'];

export const ANN = { by: 'ann@desk', reason: 'checked with the exchange' };

/** BIG is the only mega cap and the only stock of its sector. */
export const MARKET: readonly Listing[] = [
  { symbol: 'BIG', cap: 3e12, sector: 'Energy', industry: 'Oil & Gas', close: 30 },
  { symbol: 'DELL', cap: 9e10, sector: 'Technology', industry: 'Hardware', close: 20 },
  { symbol: 'HPQ', cap: 3e10, sector: 'Technology', industry: 'Hardware', close: 10 },
];

export const WITHOUT_BIG = MARKET.map((listing) => (listing.symbol === 'BIG' ? { ...listing, cap: null } : listing));

export function errorOf(work: Promise<unknown>): Promise<PipelineError | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => error as PipelineError,
  );
}

/** What these tests have in common; registers its hooks. */
export function useHolds() {
  let test: TestDatabase;
  let pool: pg.Pool;
  let pipeline: Pipeline;

  beforeEach(async () => {
    test = await createTestDatabase();
    pool = new pg.Pool({ connectionString: test.url, max: 5 });
    // A pool counts as ended before its connections have gone; the database is dropped right after.
    pool.on('error', () => undefined);
    pipeline = await createPipeline({ database: pool, clock });
    await writeListings(test.database, MONDAY, MARKET);
    await pipeline.run({ session: MONDAY, phases: PHASES });
  });

  afterEach(async () => {
    await pipeline.close();
    await pool.end();
    await test.drop();
  });

  /** Tuesday without BIG's market cap: the universes that would be empty are held. */
  async function holdTuesday(): Promise<HoldRecord> {
    await writeListings(test.database, TUESDAY, WITHOUT_BIG);
    await pipeline.run({ session: TUESDAY, phases: PHASES });
    return openHold('mega_cap');
  }

  async function openHold(universe: string | null): Promise<HoldRecord> {
    const found = (await pipeline.holds.list({ limit: 100 })).find((hold) => hold.universe === universe);
    if (found === undefined) throw new Error(`${universe ?? 'the session'} is not held`);
    return found;
  }
  return {
    get test() {
      return test;
    },
    get pool() {
      return pool;
    },
    get pipeline() {
      return pipeline;
    },
    holdTuesday,
    openHold,
  };
}
