import { expect } from 'chai';
import { Database } from '../../../../src/db/database.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { runEvening } from '../../../support/evenings.js';
import { configOf, MONDAY, sync, THURSDAY, TUESDAY, WEDNESDAY, writeListings } from '../../../support/market.js';
import { readCacheRows, readMembers, readOpenHolds } from '../publish/published-state.js';
import { useBadInput, MARKET, withThemes } from './bad-input-fixture.js';

describe('bad input of a session', () => {
  useBadInput();

  describe('of a session', () => {
    let test: TestDatabase;
    const readMegaCaps = () => readMembers(test.database, 'mega_cap');

    beforeEach(async () => {
      test = await createTestDatabase();
    });

    afterEach(async () => {
      await test.drop();
    });

    it('such as rules that nobody can meet is told; a rule that a thousand meet is published', async () => {
      const many = Array.from({ length: 1000 }, (_, index) => ({
        symbol: `S${index}`,
        cap: 1e9 + index,
        sector: 'Finance',
      }));
      await writeListings(test.database, MONDAY, [...MARKET, ...many]);
      const config = withThemes(
        { key: 'giants', title: 'Giants', rules: { all: [{ minCapUsd: 1e15 }] } },
        { key: 'neither', title: 'Neither', rules: { all: [{ sector: ['Energy'] }], not: [{ sector: ['Energy'] }] } },
        { key: 'banks', title: 'Banks', rules: { any: [{ sector: ['Finance'] }] } },
      );

      const report = await sync(test.database, MONDAY, { config });

      expect(report).to.include({ held: false });
      expect(report.warnings).to.deep.equal(
        ['giants', 'neither'].map(
          (key) => `theme ${key} is empty: no stock matches its rules, and none of its symbols is listed`,
        ),
      );
      expect(await readMembers(test.database, 'giants')).to.deep.equal([]);
      expect(await readMembers(test.database, 'banks')).to.have.length(1000);
      expect((await readCacheRows(test.database)).has('stock_universe/themes/giants')).to.equal(false);
    });

    it('such as all market caps zero publishes no stock the first time, and takes none away later', async () => {
      const zero = MARKET.map((listing) => ({ ...listing, cap: 0 }));
      const config = withThemes({ key: 'oil', title: 'Oil', symbols: ['XOM'] });

      await writeListings(test.database, MONDAY, zero);
      const first = await sync(test.database, MONDAY, { config });
      await writeListings(test.database, TUESDAY, MARKET);
      await sync(test.database, TUESDAY, { config });
      await writeListings(test.database, WEDNESDAY, zero);
      const later = await sync(test.database, WEDNESDAY, { config });

      expect(first.details['exclusions']).to.deep.equal({ NO_MARKET_CAP: 3 });
      expect(first.counters).to.include({ stocks: 0, held: 0 });
      expect(later).to.include({ held: true });
      expect(await readMegaCaps()).to.deep.equal(['AAPL', 'XOM']);
      expect(await readOpenHolds(test.database)).to.include(`${WEDNESDAY} mega_cap`);
    });

    it('such as a stock of 1e18 is ranked first, one of 1e19 is left out with the reason, whatever the column holds', async () => {
      await test.database.pool.query('alter table symbols alter column market_cap type numeric');
      await writeListings(test.database, MONDAY, MARKET);
      await test.database.pool.query(
        `insert into symbols (symbol, type, active, market_cap) values ('QUINT', 'CS', true, 1e18), ('HUGE', 'CS', true, 1e19)`,
      );

      const report = await sync(test.database, MONDAY);

      const rows = await readCacheRows(test.database);
      expect(rows.get('stock_universe/market_leaders/top_10_stocks')?.value).to.have.nested.property(
        'stocks[0].ticker',
        'QUINT',
      );
      expect(report.details['exclusions']).to.deep.equal({ MARKET_CAP_OUT_OF_RANGE: 1 });
      expect(await readMegaCaps()).to.deep.equal(['AAPL', 'QUINT', 'XOM']);
      expect((await sync(test.database, TUESDAY)).counters).to.include({ added: 0, removed: 0 });
    });

    it('excludes for six reasons, each stored with the stock and counted', async () => {
      const config = configOf({ universes: { delistAfterSessions: 3, stalePriceSessions: 1 } });
      await runEvening(test.database, MONDAY, [...MARKET, { symbol: 'GONE', cap: 1e9 }], { config });
      await runEvening(test.database, TUESDAY, MARKET, { config });
      await runEvening(test.database, WEDNESDAY, MARKET, { config });
      await writeListings(test.database, TUESDAY, [{ symbol: 'STALE', shares: 1e9 }]);

      const report = await runEvening(
        test.database,
        THURSDAY,
        [
          ...MARKET,
          { symbol: 'NOCAP' },
          { symbol: 'FUND', type: 'FUND', cap: 1e9 },
          { symbol: 'SPY', type: 'ETF' },
          { symbol: 'SOON', cap: 1e9, listDate: '2026-07-01' },
          { symbol: 'HUGE', close: 1e6, shares: 1e14 },
        ],
        { config },
      );

      expect(report.details['exclusions']).to.deep.equal({
        INACTIVE: 1,
        MARKET_CAP_OUT_OF_RANGE: 1,
        NOT_COMMON: 2,
        NOT_LISTED_YET: 1,
        NO_MARKET_CAP: 1,
        STALE_PRICE: 1,
      });
      const { rows } = await test.database.pool.query<{ text: string }>(
        `select symbol || ' ' || exclusion as text from pipeline.valuation where session = $1 and exclusion is not null order by 1`,
        [THURSDAY],
      );
      expect(rows.map(({ text }) => text)).to.deep.equal([
        'GONE INACTIVE',
        'HUGE MARKET_CAP_OUT_OF_RANGE',
        'NOCAP NO_MARKET_CAP',
        'SOON NOT_LISTED_YET',
        'SPY NOT_COMMON',
        'STALE STALE_PRICE',
      ]);
    });

    it('is not published by a user who may not write a column of it, and what is missing is said', async () => {
      await writeListings(test.database, MONDAY, [...MARKET, { symbol: 'NEW', cap: null, shares: 1e9 }]);
      const role = `clerk_${Date.now()}`;
      await test.database.pool.query(`create role ${role};
        grant usage on schema pipeline to ${role};
        grant all on all tables in schema pipeline, public to ${role};
        grant usage on all sequences in schema pipeline, public to ${role};
        revoke update on symbols, cache_entries from ${role};
        grant update (name, sector) on symbols to ${role};
        grant update (value) on cache_entries to ${role}`);
      const url = new URL(test.url);
      url.searchParams.set('options', `-c role=${role}`);
      const clerk = Database.connect({ url: url.href, poolSize: 3, connectTimeoutMs: 5000 });
      try {
        const symbols: unknown = await sync(clerk, MONDAY).catch((error: unknown) => error);
        await test.database.pool.query(
          `grant update (market_cap, last_updated, last_updated_utc) on symbols to ${role}`,
        );
        await sync(clerk, MONDAY);
        await writeListings(test.database, TUESDAY, [{ symbol: 'AAPL', cap: 1e9 }]);
        const entries: unknown = await sync(clerk, TUESDAY).catch((error: unknown) => error);

        expect(symbols).to.include({ code: 'EOD_DB_PRIVILEGES' });
        expect(symbols).to.have.property('message').that.includes('permission denied for table symbols');
        expect(entries).to.include({ code: 'EOD_DB_SCHEMA' });
        expect(entries).to.have.property('message').that.includes('permission denied for table cache_entries');
        expect(entries)
          .to.have.property('hint')
          .that.includes('grant select, insert, update and delete on cache_entries');
        expect(await readMegaCaps()).to.deep.equal(['AAPL', 'XOM']);
      } finally {
        await clerk.close();
        await test.database.pool.query(`drop owned by ${role}; drop role ${role}`);
      }
    });

    it('such as rows that another program is changing is told and left to it, and published by the next run', async () => {
      const shares = 1e10;
      await writeListings(test.database, MONDAY, [...MARKET, { symbol: 'NEW', cap: null, shares }]);
      await sync(test.database, MONDAY);
      await writeListings(test.database, TUESDAY, [{ symbol: 'NEW', cap: 1e10, shares, close: 30 }]);
      const other = await test.database.pool.connect();
      // Each waits for the other: the server ends the sync, which has waited longer.
      await other.query(`begin; set local deadlock_timeout = '1min'; select from cache_entries for update`);

      const syncing = sync(test.database, TUESDAY).catch((error: unknown) => error);
      await waitForLock(test.database);
      await other.query(`update symbols set name = 'New' where symbol = 'NEW'; commit`);
      other.release();
      const refused = await syncing;
      const between = await readMegaCaps();
      await sync(test.database, TUESDAY);

      expect(refused).to.include({ code: 'EOD_PHASE_FAILED' });
      expect(refused).to.have.property('hint').that.includes('run the same command again');
      expect(between).to.deep.equal(['AAPL', 'XOM']);
      expect(await readMegaCaps()).to.deep.equal(['AAPL', 'NEW', 'XOM']);
    });
  });
});

async function waitForLock({ pool }: Database): Promise<void> {
  const statement = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await pool.query(statement)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
