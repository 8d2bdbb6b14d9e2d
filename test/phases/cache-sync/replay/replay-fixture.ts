import type { Database } from '../../../../src/db/database.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { ANY_CAP, configOf } from '../../../support/market.js';
import { readCacheRows, readVersions } from '../publish/published-state.js';

/** Short lists that every day changes, themes by rule with their stay, a buffer, and delistings after two sessions. */
export const config = configOf({
  universes: {
    bands: [
      { key: 'large_cap', title: 'Large', minUsd: 2e9 },
      { key: 'small_cap', title: 'Small', minUsd: 50e6 },
    ],
    rankings: [{ key: 'top_3', title: 'Top 3', size: 3 }],
    sectorLeaders: { size: 2 },
    industryGroups: { groups: 2, minStocks: 2, size: 2 },
    complete: { stocks: 4, etfs: 2 },
    combination: { stocks: 2, etfs: ['SPY'] },
    delistAfterSessions: 2,
    suspectCaps: { factor: 3, acceptAfterSessions: 2 },
    banding: [{ universe: 'top_3', publish: 'both', inRatio: 0.7, outRatio: 1.4 }],
  },
  themes: [
    { key: 'fuels', title: 'Fuels', symbols: ['A'], rules: { all: [{ sector: ['Energy'] }] }, minStaySessions: 2 },
  ],
});

export const plain = configOf({
  universes: {
    ...ANY_CAP,
    bands: [
      { key: 'large_cap', title: 'Large', minUsd: 2e9 },
      { key: 'small_cap', title: 'Small', minUsd: 50e6 },
    ],
  },
});

/** What readers see and what is believed; valuations are written anew, with the same content. */
export async function readState(database: Database): Promise<unknown> {
  const { membership, membership_change: audit } = await readVersions(database);
  const { rows: valuations } = await database.pool.query(
    'select * from pipeline.valuation order by session, symbol collate "C"',
  );
  const { rows: symbols } = await database.pool.query(
    'select symbol, active, delisted_date::text from symbols order by 1',
  );
  const { rows: current } = await database.pool.query(
    `select session::text, universe_id, symbol, action, reason from pipeline.membership_change
     where superseded_at is null order by session, id`,
  );
  const rows = [...(await readCacheRows(database))].map(([place, row]) => [place, row.value]);
  return { membership, audit: audit?.length, valuations, symbols, current, rows };
}

/** What these tests have in common; registers its hooks. */
export function useReplay() {
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
