import { expect } from 'chai';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { importListings } from '../../../support/evenings.js';
import { configOf, MONDAY, sync, TUESDAY, WEDNESDAY, type Listing } from '../../../support/market.js';
import { assertProjectionShowsMembership, assertReplayGivesMembership } from '../invariants.js';
import { readCacheRows, readMembers } from '../publish/published-state.js';

const MARKET: readonly Listing[] = ['A', 'B', 'C'].map((symbol, index) => ({ symbol, cap: 3e12 - index }));
const withThemes = (...keys: readonly string[]) =>
  configOf({ themes: keys.map((key) => ({ key, title: key, symbols: ['A', 'B'] })) });

describe('a universe that the configuration no longer has', () => {
  let test: TestDatabase;
  const readHolds = async () =>
    (
      await test.database.pool.query<{ id: number; gate: string; key: string; message: string; state: string }>(
        `select h.id, h.gate, u.key, h.message, h.state from pipeline.hold h join pipeline.universe u on u.id = h.universe_id order by h.id`,
      )
    ).rows;

  beforeEach(async () => {
    test = await createTestDatabase();
    await importListings(test.database, MONDAY, MARKET);
    await sync(test.database, MONDAY, { config: withThemes('ai', 'space') });
    await importListings(test.database, TUESDAY, MARKET);
  });

  afterEach(async () => {
    await test.drop();
  });

  it('keeps its members until a person has confirmed it, as when the folder of configuration was forgotten once', async () => {
    const forgotten = await sync(test.database, TUESDAY, { config: withThemes('ai') });
    const kept = [
      await readMembers(test.database, 'space'),
      (await readCacheRows(test.database)).has('stock_universe/themes/space'),
    ];
    await importListings(test.database, WEDNESDAY, MARKET);
    const remembered = await sync(test.database, WEDNESDAY, { config: withThemes('ai', 'space') });

    expect(forgotten).to.include({ held: true });
    expect(forgotten.warnings).to.include(
      'stock_universe/themes/space held: the configuration no longer has space, which would end with its 2 members; approve it, or configure it again',
    );
    expect(kept).to.deep.equal([['A', 'B'], true]);
    expect(remembered).to.include({ held: false });
    expect(await readMembers(test.database, 'space')).to.deep.equal(['A', 'B']);
  });

  it('ends when the hold is approved, and stays ended', async () => {
    await sync(test.database, TUESDAY, { config: withThemes('ai') });
    const [hold] = await readHolds();

    const approved = await sync(test.database, TUESDAY, {
      config: withThemes('ai'),
      approval: { holds: [hold?.id ?? 0], by: 'me', reason: 'not needed' },
    });
    await importListings(test.database, WEDNESDAY, MARKET);
    const next = await sync(test.database, WEDNESDAY, { config: withThemes('ai') });
    await sync(test.database, WEDNESDAY, { config: withThemes('ai'), replayFrom: TUESDAY });

    expect(hold).to.include({ gate: 'configuration', key: 'space' });
    expect([approved.held, next.held]).to.deep.equal([false, false]);
    expect(await readMembers(test.database, 'space')).to.deep.equal([]);
    expect((await readCacheRows(test.database)).has('stock_universe/themes/space')).to.equal(false);
    await assertProjectionShowsMembership(test.database);
    await assertReplayGivesMembership(test.database);
  });
});
