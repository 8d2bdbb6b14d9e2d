import { expect } from 'chai';
import type { Pool } from 'pg';
import { importRealSession, readYear } from '../bench/support/real-year.js';
import { findSharedData } from '../bench/support/shared-data.js';
import { CacheSyncPhase } from '../phases/cache-sync/phase.js';
import { loadConfig } from '../src/config/load.js';
import { TradingCalendar } from '../src/core/calendar.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { runPhase } from './support/phase-context.js';

/** Sessions in a row of the year of real bars; the volume of five sessions says what is usual. */
interface Stretch {
  readonly from: string;
  readonly to: string;
  readonly sessions: number;
  /** What the data's README knows to be wrong, and the gates that hold the session. */
  readonly faulty: Readonly<Record<string, readonly string[]>>;
}

const STRETCHES: readonly Stretch[] = [
  // Taken before the close, and one day late from then on.
  {
    from: '2025-09-29',
    to: '2025-10-09',
    sessions: 9,
    faulty: {
      '2025-10-06': ['volume'],
      '2025-10-07': ['previous-close'],
      '2025-10-08': ['previous-close'],
      '2025-10-09': ['previous-close'],
    },
  },
  // Right again: the close of 31 October is nowhere.
  { from: '2025-10-30', to: '2025-11-05', sessions: 5, faulty: { '2025-11-03': ['previous-close'] } },
  // A half day and the quietest day of the year.
  { from: '2025-12-17', to: '2025-12-30', sessions: 9, faulty: {} },
  // NASDAQ repeats the day before.
  {
    from: '2026-02-02',
    to: '2026-02-06',
    sessions: 5,
    faulty: { '2026-02-04': ['previous-close', 'unchanged-closes'] },
  },
  // Taken before the close; the sessions of the 19th and 24th are missing.
  { from: '2026-02-12', to: '2026-02-27', sessions: 9, faulty: { '2026-02-25': ['volume'] } },
];

describe('the gates on a year of real sessions', function () {
  this.timeout(600_000);
  const data = findSharedData();
  const databases = new Map<Stretch, TestDatabase>();

  before(async function () {
    // Said by `findSharedData`.
    if (data === undefined) return this.skip();
    const stretchOf = (day: string) => STRETCHES.find(({ from, to }) => from <= day && day <= to);
    const { config } = loadConfig({ options: { import: { source: 'existing' } } });
    for await (const real of readYear(data, (day) => stretchOf(day) !== undefined)) {
      const stretch = stretchOf(real.session);
      if (stretch === undefined) continue;
      const test = databases.get(stretch) ?? (await createTestDatabase());
      databases.set(stretch, test);
      await importRealSession(test.database, real);
      const phase = new CacheSyncPhase(test.database, config, new TradingCalendar());
      await runPhase(phase, test.database, { session: real.session });
    }
  });

  after(async () => {
    for (const test of databases.values()) await test.drop();
  });

  for (const stretch of STRETCHES) {
    const { from, to, sessions, faulty } = stretch;
    it(`hold ${Object.keys(faulty).join(' and ') || 'none'} of ${from} to ${to}, and nothing else`, async () => {
      const pool = databases.get(stretch)?.database.pool;
      const synced = await pool?.query('select distinct session from pipeline.session_stats');

      expect(synced?.rowCount).to.equal(sessions);
      expect(await readHolds(pool)).to.deep.equal(faulty);
    });
  }
});

/** Session → gates; of a single universe with its key. */
async function readHolds(pool: Pool | undefined): Promise<Record<string, string[]> | undefined> {
  const found = await pool?.query<{ session: string; holds: string[] }>(
    `select h.session::text, array_agg(concat_ws(' of ', h.gate, u.key) order by h.gate, u.key) as holds
     from pipeline.hold h
     left join pipeline.universe u on u.id = h.universe_id
     group by h.session
     order by h.session`,
  );
  return found && Object.fromEntries(found.rows.map(({ session, holds }) => [session, holds]));
}
