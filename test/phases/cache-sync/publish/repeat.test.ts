import { expect } from 'chai';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { ANY_CAP, configOf, MONDAY, sync, TUESDAY, WEDNESDAY, writeListings } from '../../../support/market.js';
import { readChanges, readMembers, readMembersAsOf } from './published-state.js';

const config = configOf({ universes: ANY_CAP });
const clockAt = (iso: string) => ({ now: () => Date.parse(iso) });

describe('the same session with other input', () => {
  let test: TestDatabase;
  const readRows = async (symbol: string): Promise<unknown[]> => {
    const { rows } = await test.database.pool.query(
      `select m.valid_from::text as from, m.valid_to::text as to, m.known_to is not null as superseded
       from pipeline.membership m join pipeline.universe u on u.id = m.universe_id
       where u.key = 'mega_cap' and m.symbol = $1 order by m.known_from, m.valid_from`,
      [symbol],
    );
    return rows;
  };

  beforeEach(async () => {
    test = await createTestDatabase();
    await writeListings(test.database, MONDAY, [
      { symbol: 'STAYS', cap: 3e12 },
      { symbol: 'MOVES', cap: 1e12 },
      { symbol: 'LARGE', cap: 1e10 },
    ]);
    await sync(test.database, MONDAY, { config, clock: clockAt('2026-06-22T21:00:00Z') });
  });

  afterEach(async () => {
    await test.drop();
  });

  it('supersedes a member added in error: it was believed, but never was one', async () => {
    await writeListings(test.database, TUESDAY, [{ symbol: 'ERROR', cap: 9e12 }]);
    await sync(test.database, TUESDAY, { config, clock: clockAt('2026-06-23T21:00:00Z') });
    await writeListings(test.database, TUESDAY, [{ symbol: 'ERROR', cap: 9e10 }]);

    await sync(test.database, TUESDAY, { config, clock: clockAt('2026-06-23T23:00:00Z') });

    expect(await readRows('ERROR')).to.deep.equal([{ from: TUESDAY, to: null, superseded: true }]);
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['MOVES', 'STAYS']);
    expect(await readMembersAsOf(test.database, 'mega_cap', TUESDAY)).to.deep.equal(['MOVES', 'STAYS']);
    expect(await readMembersAsOf(test.database, 'mega_cap', TUESDAY, new Date('2026-06-23T22:00:00Z'))).to.deep.equal([
      'ERROR',
      'MOVES',
      'STAYS',
    ]);
    expect((await readChanges(test.database, 'mega_cap')).slice(-1)).to.deep.equal([
      'ERROR added CAP_ENTERED_BAND 2026-06-23 superseded',
    ]);
  });

  it('opens the interval of a member removed in error again', async () => {
    await writeListings(test.database, TUESDAY, [{ symbol: 'MOVES', cap: 1e11 }]);
    await sync(test.database, TUESDAY, { config });
    const between = await readRows('MOVES');
    await writeListings(test.database, TUESDAY, [{ symbol: 'MOVES', cap: 1e12 }]);

    await sync(test.database, TUESDAY, { config });

    expect(between).to.deep.equal([{ from: MONDAY, to: TUESDAY, superseded: false }]);
    expect(await readRows('MOVES')).to.deep.equal([
      { from: MONDAY, to: TUESDAY, superseded: true },
      { from: MONDAY, to: null, superseded: false },
    ]);
    expect(await readMembers(test.database, 'large_cap')).to.deep.equal(['LARGE']);
  });

  it('still answers what was believed between two attempts, whichever way they differ', async () => {
    await writeListings(test.database, TUESDAY, [{ symbol: 'LARGE', cap: 1e12 }]);
    await sync(test.database, TUESDAY, { config, clock: clockAt('2026-06-23T21:00:00Z') });
    await writeListings(test.database, TUESDAY, [
      { symbol: 'LARGE', cap: 1e10 },
      { symbol: 'MOVES', cap: 1e11 },
    ]);
    await sync(test.database, TUESDAY, { config, clock: clockAt('2026-06-23T22:00:00Z') });
    await writeListings(test.database, TUESDAY, [{ symbol: 'MOVES', cap: 1e12 }]);
    await sync(test.database, TUESDAY, { config, clock: clockAt('2026-06-23T23:00:00Z') });

    const asBelieved = (time: string) =>
      readMembersAsOf(test.database, 'mega_cap', TUESDAY, new Date(`2026-06-23T${time}:00Z`));

    expect(await asBelieved('21:30')).to.deep.equal(['LARGE', 'MOVES', 'STAYS']);
    expect(await asBelieved('22:30')).to.deep.equal(['STAYS']);
    expect(await asBelieved('23:30')).to.deep.equal(['MOVES', 'STAYS']);
    expect(await readMembersAsOf(test.database, 'mega_cap', MONDAY)).to.deep.equal(['MOVES', 'STAYS']);
  });

  it('leaves an interval closed in an earlier session closed when the symbol comes back', async () => {
    await writeListings(test.database, TUESDAY, [{ symbol: 'MOVES', cap: 1e11 }]);
    await sync(test.database, TUESDAY, { config });
    await writeListings(test.database, WEDNESDAY, [{ symbol: 'MOVES', cap: 1e12 }]);

    await sync(test.database, WEDNESDAY, { config });

    expect(await readRows('MOVES')).to.deep.equal([
      { from: MONDAY, to: TUESDAY, superseded: false },
      { from: WEDNESDAY, to: null, superseded: false },
    ]);
  });

  it('settles after any number of attempts on what the last one says', async () => {
    for (const cap of [1e11, 1e12, 1e11, 1e12, 1e11]) {
      await writeListings(test.database, TUESDAY, [{ symbol: 'MOVES', cap }]);
      await sync(test.database, TUESDAY, { config });
    }

    const rows = await readRows('MOVES');

    expect(rows.filter((row) => !(row as { superseded: boolean }).superseded)).to.deep.equal([
      { from: MONDAY, to: TUESDAY, superseded: false },
    ]);
    expect(await readMembers(test.database, 'large_cap')).to.deep.equal(['LARGE', 'MOVES']);
    const { rows: valuations } = await test.database.pool.query(
      `select count(*)::int as count from pipeline.valuation where session = $1`,
      [TUESDAY],
    );
    expect(valuations).to.deep.equal([{ count: 3 }]);
  });
});
