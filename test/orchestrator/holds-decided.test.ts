import { expect } from 'chai';
import { createPipeline } from '../../src/container.js';
import { readCacheRows, readMembers, readVersions } from '../phases/cache-sync/publish/published-state.js';
import { MONDAY, TUESDAY, WEDNESDAY, writeListings, type Listing } from '../support/market.js';
import { useHolds, clock, PHASES, ANN, MARKET, WITHOUT_BIG, errorOf } from './holds-fixture.js';

describe('what gates hold back, decided', () => {
  const given = useHolds();

  it('is decided for all gates of a session at once', async () => {
    const strict = await createPipeline({
      database: given.pool,
      clock,
      config: { options: { gates: { minSymbols: 100 } } },
    });
    const small = Array.from({ length: 200 }, (_, index) => ({ symbol: `S${index}`, cap: 1e9 + index }));
    await writeListings(given.test.database, TUESDAY, [...MARKET, ...small]);
    await strict.run({ session: TUESDAY, phases: PHASES, force: true });
    // The closes of the day before again, and half of the symbols missing.
    await writeListings(given.test.database, WEDNESDAY, [
      ...WITHOUT_BIG,
      { ...NEW, cap: 2e12 },
      ...small.slice(0, 100),
    ]);
    const { status } = await strict.run({ session: WEDNESDAY, phases: PHASES });
    const holds = await strict.holds.list({ limit: 100 });
    const ofSession = holds.filter((hold) => hold.universe === null);
    const energy = holds.find((hold) => hold.universe === 'top_10_energy');
    const tooEarly = await errorOf(strict.holds.approve(Number(energy?.id), ANN));
    const before = await readMembers(given.test.database, 'mega_cap');

    const result = await strict.holds.approve(Number(ofSession[1]?.id), ANN);

    expect(status).to.equal('completed_with_holds');
    expect(ofSession.length).to.be.at.least(2);
    expect(before).to.deep.equal(['BIG']);
    expect(result.error).to.equal(undefined);
    expect(await readMembers(given.test.database, 'mega_cap')).to.deep.equal(['NEW']);
    expect(tooEarly).to.include({ code: 'EOD_HOLD_SETTLED' });
    expect(tooEarly?.hint).to.include(`hold ${ofSession[0]?.id}`);
    const decided = (await strict.holds.list({ state: 'all', limit: 100 })).filter((hold) => hold.universe === null);
    expect(decided.map(({ state, decidedBy }) => [state, decidedBy])).to.deep.equal(
      ofSession.map(() => ['approved', ANN.by]),
    );
    // The session is not held again: neither for a universe that is decided later, nor when the same is synced again.
    const later = await strict.holds.approve(Number(energy?.id), ANN);
    await given.pool.query(`delete from cache_entries where type = 'stock_universe' and key = 'mega_cap'`);
    const repeated = await strict.run({ phases: ['cache-sync'] });
    expect([later.error, later.status, repeated.status]).to.deep.equal([undefined, 'completed', 'completed']);
    expect(await readMembers(given.test.database, 'top_10_energy')).to.deep.equal([]);
    expect(await strict.holds.list({ limit: 100 })).to.deep.equal([]);
    await strict.close();
  });

  it('is computed again by the phases that left a held session out', async () => {
    const strict = await createPipeline({
      database: given.pool,
      clock,
      config: { options: { gates: { minSymbols: 2 } } },
    });
    await writeListings(given.test.database, TUESDAY, MARKET.slice(2));
    const evening = await strict.run({ session: TUESDAY });
    const [hold] = await strict.holds.list({ limit: 100 });
    const { heldSessions } = await strict.status();

    const result = await strict.holds.approve(Number(hold?.id), ANN);

    const indicators = (run: typeof evening) =>
      run.phases.find(({ id }) => id === 'indicators')?.report?.details['heldSessions'];
    expect([hold?.universe, result.error]).to.deep.equal([null, undefined]);
    expect([heldSessions, (await strict.status()).heldSessions]).to.deep.equal([[TUESDAY], []]);
    expect([indicators(evening), indicators(result)]).to.deep.equal([[TUESDAY], []]);
    await strict.close();
  });

  it('and all else that a run does is told beforehand by a dry run, which writes nothing', async () => {
    const changed = [...WITHOUT_BIG.map((each) => (each.symbol === 'HPQ' ? { ...each, cap: 3e9 } : each)), NEW];
    await writeListings(given.test.database, TUESDAY, changed);
    await given.pipeline.run({ session: TUESDAY, phases: ['import'] });
    const [versions, rows] = [await readVersions(given.test.database), await readCacheRows(given.test.database)];
    const runs = await given.pipeline.history.runs({ limit: 100 });

    const preview = await given.pipeline.preview();

    expect(await readVersions(given.test.database)).to.deep.equal(versions);
    expect(await readCacheRows(given.test.database)).to.deep.equal(rows);
    expect(await given.pipeline.history.runs({ limit: 100 })).to.deep.equal(runs);
    const report = (await given.pipeline.run({ phases: ['cache-sync'] })).phases[0]?.report;
    const holds = await given.pipeline.holds.list({ limit: 100 });
    const free = preview.universes.filter(({ heldBy }) => heldBy === null);
    const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
    expect(preview).to.include({ session: TUESDAY, mode: 'full', membershipHash: report?.hashes?.['membership'] });
    expect(sum(free.map(({ added }) => added.length))).to.equal(report?.counters['added']);
    expect(sum(free.map(({ removed }) => removed.length))).to.equal(report?.counters['removed']);
    expect(preview.universes.length - free.length).to.equal(holds.length);
    expect(preview.rows.length).to.equal(
      Number(report?.counters['rowsWritten']) + Number(report?.counters['rowsDeleted']),
    );
    const mega = preview.universes.find(({ universe }) => universe === 'stock_universe/market_cap/mega_cap');
    expect(mega?.removed.map(({ symbol }) => symbol)).to.deep.equal(['BIG']);
    expect(mega?.heldBy).to.be.a('string').and.not.equal('');
  });

  it('has no part in parity, which finds every row as it would be written until somebody changes one', async () => {
    const fresh = await given.pipeline.parity();
    await given.pool.query(`delete from cache_entries where type = 'stock_universe' and key = 'large_cap'`);
    await given.pool.query(
      `update cache_entries set value = '{"count": 0, "stocks": []}'
       where type = 'stock_universe' and name = 'market_cap' and key = 'mega_cap'`,
    );

    const edited = await given.pipeline.parity({ session: MONDAY });

    expect(fresh).to.deep.include({ session: MONDAY, differences: [] });
    expect(fresh.equal).to.equal(fresh.rows).and.be.greaterThan(10);
    expect(edited.differences.map(({ place, kind }) => [place, kind])).to.have.deep.members([
      ['stock_universe/market_cap/mega_cap', 'membership'],
      ['stock_universe/market_cap/large_cap', 'missing'],
    ]);
    expect(edited.differences.find(({ kind }) => kind === 'membership')?.added).to.deep.equal(['BIG']);
  });
});

const NEW: Listing = { symbol: 'NEW', cap: 5e10, sector: 'Technology', industry: 'Hardware', close: 7 };
