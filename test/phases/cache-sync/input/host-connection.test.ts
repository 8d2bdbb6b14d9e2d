import { expect } from 'chai';
import pg from 'pg';
import { Database } from '../../../../src/db/database.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { ANY_CAP, configOf, MONDAY, sync, TUESDAY, writeListings } from '../../../support/market.js';
import { readMembers, readMembersAsOf } from '../publish/published-state.js';

const config = configOf({ universes: ANY_CAP });

describe("a host's pool", () => {
  let test: TestDatabase;
  let pool: pg.Pool;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await pool.end();
    await test.drop();
  });

  for (const settings of ['-c timezone=Asia/Tokyo', '-c datestyle=German', '-c search_path=public,pg_catalog']) {
    it(`with ${settings} syncs and repeats sessions like any other`, async () => {
      pool = new pg.Pool({ connectionString: test.url, max: 4, options: settings });
      const host = Database.adopt(pool);
      await writeListings(test.database, MONDAY, [
        { symbol: 'OLD', cap: 3e11, listDate: '1999-12-31' },
        { symbol: 'NEW', cap: 3e11, listDate: '2026-06-01' },
        { symbol: 'SOON', cap: 3e11, listDate: '2026-06-23' },
      ]);

      await sync(host, MONDAY, { config });
      await sync(host, TUESDAY, { config });
      await writeListings(test.database, TUESDAY, [{ symbol: 'OLD', cap: 3e10 }]);
      await sync(host, TUESDAY, { config });

      expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['NEW', 'SOON']);
      expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal(['NEW', 'SOON']);
      expect(await readMembersAsOf(test.database, 'recent_ipos', MONDAY)).to.deep.equal(['NEW']);
      expect(await readMembersAsOf(test.database, 'large_cap', TUESDAY)).to.deep.equal(['OLD']);
    });
  }
});
