import { expect } from 'chai';
import fc from 'fast-check';
import { LAYOUTS } from '../../../../phases/cache-sync/projection/layouts/index.js';
import { readUniverseIds } from '../../../../phases/cache-sync/membership/open-universes.js';
import { compareWithTable } from '../../../../phases/cache-sync/projection/parity.js';
import { CacheSyncPhase } from '../../../../phases/cache-sync/phase.js';
import { RULES } from '../../../../phases/cache-sync/universes/rules/index.js';
import { selectUniverses } from '../../../../phases/cache-sync/universes/select-universes.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import type { SessionDate } from '../../../../src/core/session.js';
import { cacheTableOf, publish, replaceCacheTable } from '../../../support/cache-tables.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { importListings } from '../../../support/evenings.js';
import { configOf, listings, marketOf, MONDAY, sync, TUESDAY, type Listing } from '../../../support/market.js';

const AT = new Date('2026-06-22T21:00:00Z');
const LATER = new Date('2026-06-23T21:00:00Z');

/** Stocks of every band and two sectors, and two ETFs that the combination takes. */
const MARKET: readonly Listing[] = [
  ...Array.from({ length: 40 }, (_, index) => ({
    symbol: `S${index}`,
    name: index % 3 === 0 ? null : `Stock "${index}" \\ Ünï`,
    sector: index % 2 === 0 ? 'Technology' : 'Energy',
    industry: 'Oil & Gas',
    exchange: 'NYSE',
    cap: Math.round(4e12 / 1.3 ** index),
  })),
  { symbol: 'SPY', type: 'ETF', etfType: 'Broad Market', issuer: 'State Street', volume: 9000 },
  { symbol: 'QQQ', type: 'ETF', etfType: 'Growth', issuer: 'Invesco', volume: 8000 },
];

/** Another order of the large ones; every band keeps members. */
function moveCap({ cap, ...listing }: Listing, index: number): Listing {
  return typeof cap === 'number' && index < 10 ? { ...listing, cap: cap * (1 + (index % 5)) } : listing;
}

describe('parity after a sync of its own', () => {
  const config = configOf();
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  const query = async <Row extends Record<string, unknown>>(text: string): Promise<Row[]> =>
    (await test.database.pool.query<Row>(text)).rows;
  const compare = (session: SessionDate) =>
    new CacheSyncPhase(test.database, config, new TradingCalendar()).compare({
      session,
      mode: 'full',
      force: false,
      at: LATER,
      signal: undefined,
    });

  for (const [name, layout, extra] of [
    ...LAYOUTS.map((each) => [each.id, each, ''] as const),
    ...LAYOUTS.filter(({ id }) => id === 'keyed').map(
      (each) => ['keyed, one row a type and key', each, ', unique (type, key, environment)'] as const,
    ),
  ]) {
    it(`finds no difference in the layout ${name}, where core ETFs exist`, async () => {
      const form = cacheTableOf(layout);
      await replaceCacheTable(test.database.pool, { ...form, columns: form.columns + extra });
      await importListings(test.database, MONDAY, MARKET);
      await sync(test.database, MONDAY, { config });

      const first = await compare(MONDAY);
      await importListings(test.database, TUESDAY, MARKET.map(moveCap));
      await sync(test.database, TUESDAY, { config });
      const second = await compare(TUESDAY);

      for (const { rows, equal, differences } of [first, second]) {
        expect(differences).to.deep.equal([]);
        expect(rows).to.be.above(20).and.equal(equal);
      }
      expect(await query(`select from cache_entries where ${form.content}::text like '%SPY%'`)).to.not.deep.equal([]);
    });
  }

  for (const layout of LAYOUTS) {
    it(`finds no difference in the layout ${layout.id}, whatever the market`, async () => {
      await fc.assert(
        fc.asyncProperty(listings([...Array.from('ABCDEFGH'), 'SPY', 'QQQ', 'NVDA']), async (market) => {
          await replaceCacheTable(test.database.pool, cacheTableOf(layout));
          const universes = await selectUniverses(RULES, await marketOf(market), config);
          await publish(test.database, layout, universes, AT);

          const { rows, equal, differences } = await test.database.transaction(async ({ client }) =>
            compareWithTable(client, layout, universes, { at: LATER, ids: await readUniverseIds(client) }),
          );

          expect(differences).to.deep.equal([]);
          expect(equal).to.equal(rows);
        }),
        { numRuns: 15 },
      );
    });
  }
});
