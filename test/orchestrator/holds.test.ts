import { expect } from 'chai';
import { readCacheRows, readMembers, readVersions } from '../phases/cache-sync/publish/published-state.js';
import { THURSDAY, TUESDAY, WEDNESDAY, writeListings } from '../support/market.js';
import { runCommand } from '../support/cli-inside.js';
import { useHolds, ANN, MARKET, PHASES, WITHOUT_BIG, errorOf } from './holds-fixture.js';

describe('what gates hold back', () => {
  const given = useHolds();
  const { holdTuesday, openHold } = given;

  it('is shown with the reason and the change, and published exactly so when approved; all else stays held', async () => {
    const held = await holdTuesday();
    const shown = await given.pipeline.holds.get(held.id);
    const status = await given.pipeline.status();

    const result = await given.pipeline.holds.approve(held.id, ANN);

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
    expect(await readMembers(given.test.database, 'mega_cap')).to.deep.equal([]);
    expect(await readMembers(given.test.database, 'top_10_energy')).to.deep.equal(['BIG']);
    expect(await given.pipeline.holds.get(held.id)).to.deep.include({
      state: 'approved',
      decidedBy: ANN.by,
      decisionReason: ANN.reason,
      decidedAt: '2026-07-01T00:00:00.000Z',
    });
    expect(await given.pipeline.history.run(result.runId)).to.deep.include({ trigger: 'manual', triggeredBy: ANN.by });
    expect(await openHold('top_10_energy')).to.include({ session: TUESDAY });
  });

  it('can be decided once: not again, not by another number, not when it does not exist', async () => {
    const held = await holdTuesday();
    const energy = await openHold('top_10_energy');
    const members = await readMembers(given.test.database, 'top_10_energy');

    const rejected = await given.pipeline.holds.reject(energy.id, { by: 'bob' });
    await given.pipeline.holds.approve(held.id, ANN);

    expect(rejected).to.deep.equal([energy.id]);
    expect(await readMembers(given.test.database, 'top_10_energy')).to.deep.equal(members);
    expect(await given.pipeline.holds.get(energy.id)).to.deep.include({
      state: 'rejected',
      decidedBy: 'bob',
      decisionReason: null,
      decidedAt: '2026-07-01T00:00:00.000Z',
    });
    for (const { id } of [held, energy]) {
      expect(await codeOf(given.pipeline.holds.approve(id, ANN))).to.equal('EOD_HOLD_SETTLED');
      expect(await codeOf(given.pipeline.holds.reject(id, ANN))).to.equal('EOD_HOLD_SETTLED');
    }
    for (const id of [4711, 2 ** 40]) {
      expect(await codeOf(given.pipeline.holds.approve(id, ANN))).to.equal('EOD_HOLD_UNKNOWN');
      expect(await codeOf(given.pipeline.holds.reject(id, ANN))).to.equal('EOD_HOLD_UNKNOWN');
    }
    const all = await given.pipeline.holds.list({ state: 'all', limit: 100 });
    const open = await given.pipeline.holds.list({ limit: 100 });
    expect(all.map(({ id }) => id)).to.include.members([held.id, energy.id]);
    expect(open.map(({ universe }) => universe)).not.to.include.oneOf(['mega_cap', 'top_10_energy']);
  });

  it('is not published, nor anything else, when the input has changed since it was shown', async () => {
    const held = await holdTuesday();
    const [versions, rows] = [await readVersions(given.test.database), await readCacheRows(given.test.database)];
    await given.pool.query(`update symbols set market_cap = 8e10 where symbol = 'DELL'`);

    const result = await given.pipeline.holds.approve(held.id, ANN);

    expect(result.status).to.equal('failed');
    expect(result.error).to.include({ code: 'EOD_HOLD_CHANGED' });
    expect(await readVersions(given.test.database)).to.deep.equal(versions);
    expect(await readCacheRows(given.test.database)).to.deep.equal(rows);
    expect(await given.pipeline.holds.get(held.id)).to.include({ state: 'open' });
  });

  it('is not published when the same input would now publish something else than was shown', async () => {
    const held = await holdTuesday();
    const members = await readMembers(given.test.database, 'mega_cap');
    await given.pool.query(`update pipeline.hold set candidate_hash = 'of another candidate' where id = $1`, [held.id]);

    const result = await given.pipeline.holds.approve(held.id, ANN);

    expect(result.error).to.include({ code: 'EOD_HOLD_CHANGED' });
    expect(await readMembers(given.test.database, 'mega_cap')).to.deep.equal(members);
    expect(await given.pipeline.holds.get(held.id)).to.include({ state: 'open' });
  });

  it('is not published when it is rejected while the run that would publish it is under way', async () => {
    const held = await holdTuesday();
    await given.pool.query(
      `create function reject_meanwhile() returns trigger language plpgsql as $$
       begin update pipeline.hold set state = 'rejected', decided_by = 'bob' where id = ${held.id}; return null; end $$;
       create trigger meanwhile after insert or update on pipeline.session_stats
       for each statement execute function reject_meanwhile()`,
    );

    const result = await given.pipeline.holds.approve(held.id, ANN);

    expect(result.error).to.include({ code: 'EOD_HOLD_SETTLED' });
    expect(await readMembers(given.test.database, 'mega_cap')).to.deep.equal(['BIG']);
  });

  it('of an older session cannot be approved any more', async () => {
    const held = await holdTuesday();
    await writeListings(given.test.database, WEDNESDAY, MARKET);
    await given.pipeline.run({ session: WEDNESDAY, phases: ['import'] });

    const imported = await errorOf(given.pipeline.holds.approve(held.id, ANN));
    await given.pipeline.run({ session: WEDNESDAY, phases: ['cache-sync'] });
    const published = await errorOf(given.pipeline.holds.approve(held.id, ANN));

    expect(imported).to.include({ code: 'EOD_HOLD_SETTLED' });
    expect(imported?.message).to.include(TUESDAY).and.include(WEDNESDAY);
    expect(imported?.hint).to.include(`backfill --from ${TUESDAY}`);
    expect(published).to.include({ code: 'EOD_HOLD_SETTLED' });
    expect(published?.message).to.include('rejected by tickstock');
  });

  it('says for how long it has been held, and how far what is published is from its candidate', async () => {
    await holdTuesday();
    await writeListings(given.test.database, WEDNESDAY, WITHOUT_BIG);
    await given.pipeline.run({ session: WEDNESDAY, phases: PHASES });

    const hold = await openHold('mega_cap');
    const shown = { added: 0, removed: 1, heldSince: TUESDAY, heldSessions: 2 };
    expect(hold).to.deep.include({ session: WEDNESDAY, ...shown });
    expect((await given.pipeline.status()).holds.find(({ id }) => id === hold.id)).to.deep.include(shown);
    const cli = (...args: string[]) => runCommand(args, { DATABASE_URL: given.test.url });
    expect((await cli('status')).stdout)
      .to.match(/open, the oldest since 2026-06-23: tickstock holds/)
      .and.match(/mega_cap −1 for 2 sessions, /);
    expect((await cli('holds', 'show', String(hold.id))).stdout).to.match(/Since +2026-06-23, 2 sessions/);
  });

  it('is looked at ahead only where a run could begin, and only of a phase that can say', async () => {
    expect(await codeOf(given.pipeline.preview({ phase: 'import' }))).to.equal('EOD_USAGE');
    expect(await codeOf(given.pipeline.parity({ phase: 'indicators' }))).to.equal('EOD_USAGE');
    expect(await codeOf(given.pipeline.preview({ phase: 'cache-snyc' }))).to.equal('EOD_PHASE_UNKNOWN');
    expect(await codeOf(given.pipeline.preview({ session: THURSDAY }))).to.equal('EOD_PHASE_NEEDS');
    expect((await given.pipeline.history.runs({ limit: 100 })).runs).to.have.lengthOf(1);
  });
});

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return (await errorOf(work))?.code;
}
