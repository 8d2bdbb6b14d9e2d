import { expect } from 'chai';
import { GATES } from '../../../../phases/cache-sync/holds/gates/index.js';
import { hashInput } from '../../../../phases/cache-sync/input/sync-input.js';
import { RULES } from '../../../../phases/cache-sync/universes/rules/index.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { configOf, MONDAY, sync, TUESDAY, writeListings } from '../../../support/market.js';

const REPEATED = 'same input as the last time, nothing changed';

describe('a session that is synced again', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
    await writeListings(test.database, MONDAY, [
      { symbol: 'A', cap: 3e12 },
      { symbol: 'B', cap: 2e12 },
    ]);
    await sync(test.database, MONDAY);
  });

  afterEach(async () => {
    await test.drop();
  });

  const again = async (options: Parameters<typeof sync>[2] = {}): Promise<string> =>
    (await sync(test.database, MONDAY, options)).summary;

  it('is not computed again, forced or not, as long as its input is the same and nothing is held', async () => {
    expect(await again()).to.equal(REPEATED);
    expect(await again({ force: true })).to.equal(REPEATED);
  });

  it('is computed again on request', async () => {
    expect(await again({ recompute: true })).not.to.equal(REPEATED);
  });

  it('is computed again when the settings of the gates differ', async () => {
    const config = configOf({ gates: { coverage: { minPct: 50 } } });

    expect(await again({ config })).not.to.equal(REPEATED);
    expect(await again({ config })).to.equal(REPEATED);
  });

  it('is computed again when a rule or a gate was added, or decides differently', () => {
    const [first, ...others] = RULES;
    const hash = (rules: readonly { id: string; version: number }[], gates = GATES): string =>
      hashInput(MONDAY, configOf(), 'market', { rules, gates });

    expect(hash(RULES)).to.equal(hash(RULES.map(({ id, version }) => ({ id, version }))));
    expect(hash(others)).not.to.equal(hash(RULES));
    expect(hash(RULES, GATES.slice(1))).not.to.equal(hash(RULES));
    expect(hash([{ id: first?.id ?? '', version: 99 }, ...others])).not.to.equal(hash(RULES));
  });

  it('is published by force where it was held, though its input is the same', async () => {
    await test.database.pool.query('update symbols set market_cap = null');
    const held = await sync(test.database, TUESDAY);

    const forced = await sync(test.database, TUESDAY, { force: true });

    expect(held.held).to.equal(true);
    expect([forced.summary === REPEATED, forced.held]).to.deep.equal([false, false]);
  });
});
