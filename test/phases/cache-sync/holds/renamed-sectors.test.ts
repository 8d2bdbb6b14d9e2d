import { expect } from 'chai';
import type { SessionDate } from '../../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { runEvening } from '../../../support/evenings.js';
import { ANY_CAP, configOf, MONDAY, sync, TUESDAY, WEDNESDAY, WEEK, type Listing } from '../../../support/market.js';
import { readMembers } from '../publish/published-state.js';

const config = configOf({ gates: { minSymbols: 0 }, universes: ANY_CAP });
const market = (sector: string): Listing[] =>
  Array.from({ length: 30 }, (_, at): Listing => ({
    symbol: `S${at + 10}`,
    cap: 1e9 + at,
    close: 10 + at,
    sector: at < 12 ? sector : 'Energy',
  }));

describe('a sector that the feed renames', () => {
  let test: TestDatabase;
  const evening = (session: SessionDate, sector: string) =>
    runEvening(test.database, session, market(sector), { config });

  beforeEach(async () => {
    test = await createTestDatabase();
    await evening(MONDAY, 'Technology');
  });

  afterEach(() => test.drop());

  it('holds the session, and later ones, until a person has decided', async () => {
    const reports = [await evening(TUESDAY, 'Tech'), await evening(WEDNESDAY, 'Tech')];

    expect(reports.map(({ held }) => held)).to.deep.equal([true, true]);
    expect(reports[1]?.summary).to.include('12 stocks went to another sector: 40.0 %');
    expect(await readMembers(test.database, 'top_10_technology')).to.have.lengthOf(10);

    await sync(test.database, WEDNESDAY, { config, force: true });
    expect(await readMembers(test.database, 'top_10_tech')).to.have.lengthOf(10);
  });

  it('does not hold more than five sessions', async () => {
    const held: (boolean | undefined)[] = [];
    for (const session of [...WEEK.slice(1), '2026-06-29', '2026-06-30'] as SessionDate[])
      held.push((await evening(session, 'Tech')).held);

    expect(held).to.deep.equal([true, true, true, true, true, false]);
    expect(await readMembers(test.database, 'top_10_tech')).to.have.lengthOf(10);
  });

  it('is nothing to hold when it is only spelt in another way', async () => {
    expect((await evening(TUESDAY, ' technology')).held).to.equal(false);
  });
});
