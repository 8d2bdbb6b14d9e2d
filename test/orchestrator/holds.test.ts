import { expect } from 'chai';
import pg from 'pg';
import { createPipeline } from '../../src/container.js';
import type { PipelineError } from '../../src/core/errors.js';
import type { HoldRecord } from '../../src/history/holds.js';
import type { Pipeline } from '../../src/orchestrator/pipeline.js';
import { readCacheRows, readMembers, readVersions } from '../phases/cache-sync/publish/published-state.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { MONDAY, THURSDAY, TUESDAY, WEDNESDAY, writeListings, type Listing } from '../support/market.js';

const clock = { now: () => Date.parse('2026-07-01T00:00:00Z') };
const PHASES = ['import', 'cache-sync'];
const ANN = { by: 'ann@desk', reason: 'checked with the exchange' };

/** BIG is the only mega cap and the only stock of its sector. */
const MARKET: readonly Listing[] = [
  { symbol: 'BIG', cap: 3e12, sector: 'Energy', industry: 'Oil & Gas', close: 30 },
  { symbol: 'DELL', cap: 9e10, sector: 'Technology', industry: 'Hardware', close: 20 },
  { symbol: 'HPQ', cap: 3e10, sector: 'Technology', industry: 'Hardware', close: 10 },
];
const WITHOUT_BIG = MARKET.map((listing) => (listing.symbol === 'BIG' ? { ...listing, cap: null } : listing));

describe('what gates hold back', () => {
  let test: TestDatabase;
  let pool: pg.Pool;
  let pipeline: Pipeline;

  beforeEach(async () => {
    test = await createTestDatabase();
    pool = new pg.Pool({ connectionString: test.url, max: 5 });
    // A pool counts as ended before its connections have gone; the database is dropped right after.
    pool.on('error', () => undefined);
    pipeline = await createPipeline({ database: pool, clock });
    await writeListings(test.database, MONDAY, MARKET);
    await pipeline.run({ session: MONDAY, phases: PHASES });
  });

  afterEach(async () => {
    await pipeline.close();
    await pool.end();
    await test.drop();
  });

  /** Tuesday without BIG's market cap: the universes that would be empty are held. */
  async function holdTuesday(): Promise<HoldRecord> {
    await writeListings(test.database, TUESDAY, WITHOUT_BIG);
    await pipeline.run({ session: TUESDAY, phases: PHASES });
    return openHold('mega_cap');
  }

  async function openHold(universe: string | null): Promise<HoldRecord> {
    const found = (await pipeline.holds.list({ limit: 100 })).find((hold) => hold.universe === universe);
    if (found === undefined) throw new Error(`${universe ?? 'the session'} is not held`);
    return found;
  }

  it('is shown with the reason and the change, and published exactly so when approved; all else stays held', async () => {
    const held = await holdTuesday();
    const shown = await pipeline.holds.get(held.id);
    const status = await pipeline.status();

    const result = await pipeline.holds.approve(held.id, ANN);

    expect(shown).to.deep.include({ session: TUESDAY, universe: 'mega_cap', state: 'open', added: 0, removed: 1 });
    expect(shown.message).to.match(/mega_cap|members|empty/i);
    expect(shown.candidate).to.have.lengthOf(1);
    expect(shown.candidate[0]).to.include({ universe: 'stock_universe/market_cap/mega_cap' });
    expect(shown.candidate[0]?.removed.map(({ symbol }) => symbol)).to.deep.equal(['BIG']);
    expect(status.openHolds).to.equal(status.holds.length);
    expect(status.holds.map(({ id, universe, message }) => ({ id, universe, message }))).to.deep.include({
      id: held.id,
      universe: 'mega_cap',
      message: held.message,
    });
    expect(result.status).to.equal('completed_with_holds');
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal([]);
    expect(await readMembers(test.database, 'top_10_energy')).to.deep.equal(['BIG']);
    expect(await pipeline.holds.get(held.id)).to.deep.include({
      state: 'approved',
      decidedBy: ANN.by,
      decisionReason: ANN.reason,
      decidedAt: '2026-07-01T00:00:00.000Z',
    });
    expect(await pipeline.history.run(result.runId)).to.deep.include({ trigger: 'manual', triggeredBy: ANN.by });
    expect(await openHold('top_10_energy')).to.include({ session: TUESDAY });
  });

  it('can be decided once: not again, not by another number, not when it does not exist', async () => {
    const held = await holdTuesday();
    const energy = await openHold('top_10_energy');
    const members = await readMembers(test.database, 'top_10_energy');

    const rejected = await pipeline.holds.reject(energy.id, { by: 'bob' });
    await pipeline.holds.approve(held.id, ANN);

    expect(rejected).to.deep.equal([energy.id]);
    expect(await readMembers(test.database, 'top_10_energy')).to.deep.equal(members);
    expect(await pipeline.holds.get(energy.id)).to.deep.include({
      state: 'rejected',
      decidedBy: 'bob',
      decisionReason: null,
      decidedAt: '2026-07-01T00:00:00.000Z',
    });
    for (const { id } of [held, energy]) {
      expect(await codeOf(pipeline.holds.approve(id, ANN))).to.equal('EOD_HOLD_SETTLED');
      expect(await codeOf(pipeline.holds.reject(id, ANN))).to.equal('EOD_HOLD_SETTLED');
    }
    for (const id of [4711, 2 ** 40]) {
      expect(await codeOf(pipeline.holds.approve(id, ANN))).to.equal('EOD_HOLD_UNKNOWN');
      expect(await codeOf(pipeline.holds.reject(id, ANN))).to.equal('EOD_HOLD_UNKNOWN');
    }
    const all = await pipeline.holds.list({ state: 'all', limit: 100 });
    const open = await pipeline.holds.list({ limit: 100 });
    expect(all.map(({ id }) => id)).to.include.members([held.id, energy.id]);
    expect(open.map(({ universe }) => universe)).not.to.include.oneOf(['mega_cap', 'top_10_energy']);
  });

  it('is not published, nor anything else, when the input has changed since it was shown', async () => {
    const held = await holdTuesday();
    const [versions, rows] = [await readVersions(test.database), await readCacheRows(test.database)];
    await pool.query(`update symbols set market_cap = 8e10 where symbol = 'DELL'`);

    const result = await pipeline.holds.approve(held.id, ANN);

    expect(result.status).to.equal('failed');
    expect(result.error).to.include({ code: 'EOD_HOLD_CHANGED' });
    expect(await readVersions(test.database)).to.deep.equal(versions);
    expect(await readCacheRows(test.database)).to.deep.equal(rows);
    expect(await pipeline.holds.get(held.id)).to.include({ state: 'open' });
  });

  it('is not published when the same input would now publish something else than was shown', async () => {
    const held = await holdTuesday();
    const members = await readMembers(test.database, 'mega_cap');
    await pool.query(`update pipeline.hold set candidate_hash = 'of another candidate' where id = $1`, [held.id]);

    const result = await pipeline.holds.approve(held.id, ANN);

    expect(result.error).to.include({ code: 'EOD_HOLD_CHANGED' });
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(members);
    expect(await pipeline.holds.get(held.id)).to.include({ state: 'open' });
  });

  it('is not published when it is rejected while the run that would publish it is under way', async () => {
    const held = await holdTuesday();
    await pool.query(
      `create function reject_meanwhile() returns trigger language plpgsql as $$
       begin update pipeline.hold set state = 'rejected', decided_by = 'bob' where id = ${held.id}; return null; end $$;
       create trigger meanwhile after insert or update on pipeline.session_stats
       for each statement execute function reject_meanwhile()`,
    );

    const result = await pipeline.holds.approve(held.id, ANN);

    expect(result.error).to.include({ code: 'EOD_HOLD_SETTLED' });
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['BIG']);
  });

  it('of an older session cannot be approved any more', async () => {
    const held = await holdTuesday();
    await writeListings(test.database, WEDNESDAY, MARKET);
    await pipeline.run({ session: WEDNESDAY, phases: ['import'] });

    const imported = await errorOf(pipeline.holds.approve(held.id, ANN));
    await pipeline.run({ session: WEDNESDAY, phases: ['cache-sync'] });
    const published = await errorOf(pipeline.holds.approve(held.id, ANN));

    expect(imported).to.include({ code: 'EOD_HOLD_SETTLED' });
    expect(imported?.message).to.include(TUESDAY).and.include(WEDNESDAY);
    expect(imported?.hint).to.include(`backfill --from ${TUESDAY}`);
    expect(published).to.include({ code: 'EOD_HOLD_SETTLED' });
    expect(published?.message).to.include('rejected by tickstock');
  });

  it('is decided for all gates of a session at once', async () => {
    const strict = await createPipeline({
      database: pool,
      clock,
      config: { options: { gates: { minSymbols: 100 } } },
    });
    const small = Array.from({ length: 200 }, (_, index) => ({ symbol: `S${index}`, cap: 1e9 + index }));
    await writeListings(test.database, TUESDAY, [...MARKET, ...small]);
    await strict.run({ session: TUESDAY, phases: PHASES, force: true });
    // The closes of the day before again, and half of the symbols missing.
    await writeListings(test.database, WEDNESDAY, [...WITHOUT_BIG, { ...NEW, cap: 2e12 }, ...small.slice(0, 100)]);
    const { status } = await strict.run({ session: WEDNESDAY, phases: PHASES });
    const holds = await strict.holds.list({ limit: 100 });
    const ofSession = holds.filter((hold) => hold.universe === null);
    const energy = holds.find((hold) => hold.universe === 'top_10_energy');
    const tooEarly = await errorOf(strict.holds.approve(Number(energy?.id), ANN));
    const before = await readMembers(test.database, 'mega_cap');

    const result = await strict.holds.approve(Number(ofSession[1]?.id), ANN);

    expect(status).to.equal('completed_with_holds');
    expect(ofSession.length).to.be.at.least(2);
    expect(before).to.deep.equal(['BIG']);
    expect(result.error).to.equal(undefined);
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['NEW']);
    expect(tooEarly).to.include({ code: 'EOD_HOLD_SETTLED' });
    expect(tooEarly?.hint).to.include(`hold ${ofSession[0]?.id}`);
    const decided = (await strict.holds.list({ state: 'all', limit: 100 })).filter((hold) => hold.universe === null);
    expect(decided.map(({ state, decidedBy }) => [state, decidedBy])).to.deep.equal(
      ofSession.map(() => ['approved', ANN.by]),
    );
    // The session is not held again: neither for a universe that is decided later, nor when the same is synced again.
    const later = await strict.holds.approve(Number(energy?.id), ANN);
    await pool.query(`delete from cache_entries where type = 'stock_universe' and key = 'mega_cap'`);
    const repeated = await strict.run({ phases: ['cache-sync'] });
    expect([later.error, later.status, repeated.status]).to.deep.equal([undefined, 'completed', 'completed']);
    expect(await readMembers(test.database, 'top_10_energy')).to.deep.equal([]);
    expect(await strict.holds.list({ limit: 100 })).to.deep.equal([]);
    await strict.close();
  });

  it('and all else that a run does is told beforehand by a dry run, which writes nothing', async () => {
    const changed = [...WITHOUT_BIG.map((each) => (each.symbol === 'HPQ' ? { ...each, cap: 3e9 } : each)), NEW];
    await writeListings(test.database, TUESDAY, changed);
    await pipeline.run({ session: TUESDAY, phases: ['import'] });
    const [versions, rows] = [await readVersions(test.database), await readCacheRows(test.database)];
    const runs = await pipeline.history.runs({ limit: 100 });

    const preview = await pipeline.preview();

    expect(await readVersions(test.database)).to.deep.equal(versions);
    expect(await readCacheRows(test.database)).to.deep.equal(rows);
    expect(await pipeline.history.runs({ limit: 100 })).to.deep.equal(runs);
    const report = (await pipeline.run({ phases: ['cache-sync'] })).phases[0]?.report;
    const holds = await pipeline.holds.list({ limit: 100 });
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

  it('is looked at ahead only where a run could begin, and only of a phase that can say', async () => {
    expect(await codeOf(pipeline.preview({ phase: 'import' }))).to.equal('EOD_USAGE');
    expect(await codeOf(pipeline.parity({ phase: 'indicators' }))).to.equal('EOD_USAGE');
    expect(await codeOf(pipeline.preview({ phase: 'cache-snyc' }))).to.equal('EOD_PHASE_UNKNOWN');
    expect(await codeOf(pipeline.preview({ session: THURSDAY }))).to.equal('EOD_PHASE_NEEDS');
    expect((await pipeline.history.runs({ limit: 100 })).runs).to.have.lengthOf(1);
  });

  it('has no part in parity, which finds every row as it would be written until somebody changes one', async () => {
    const fresh = await pipeline.parity();
    await pool.query(`delete from cache_entries where type = 'stock_universe' and key = 'large_cap'`);
    await pool.query(
      `update cache_entries set value = '{"count": 0, "stocks": []}'
       where type = 'stock_universe' and name = 'market_cap' and key = 'mega_cap'`,
    );

    const edited = await pipeline.parity({ session: MONDAY });

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

function errorOf(work: Promise<unknown>): Promise<PipelineError | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => error as PipelineError,
  );
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return (await errorOf(work))?.code;
}
