import { expect } from 'chai';
import { runEvening } from '../../../support/evenings.js';
import { configOf, sync } from '../../../support/market.js';
import { assertProjectionShowsMembership, assertReplayGivesMembership } from '../invariants.js';
import { readChanges, readMembers, readMembersAsOf } from '../publish/published-state.js';
import {
  useLives,
  SESSIONS,
  FIRST,
  SECOND,
  FIFTH,
  SIXTH,
  SEVENTH,
  EIGHTH,
  BIG,
  MID,
  ALL,
  OTHERS,
  config,
} from './symbol-life-fixture.js';

/** Judges small markets too. */
const strict = configOf({ universes: config.universes, gates: { minSymbols: 0 } });

describe('the life of a symbol', () => {
  const given = useLives();
  const { evening, evenings, query, readSymbol, readEvents, hostEvening, assertReplayed } = given;

  it('continues while it is absent from four sessions, and ends with the fifth; its history stays', async () => {
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 5), OTHERS);
    const absent = await query(
      'select distinct exclusion, flags from pipeline.valuation where symbol = $1 and session > $2',
      ['GONE', FIRST],
    );
    const afterFour = [
      await readMembers(given.test.database, 'large_cap'),
      await readSymbol('GONE'),
      await readEvents(),
    ];

    const report = await evening(SIXTH, OTHERS);

    expect(absent).to.deep.equal([{ exclusion: null, flags: ['STALE_PRICE'] }]);
    expect(afterFour).to.deep.equal([['BIG', 'GONE'], { active: true, delisted: null }, []]);
    expect(await readMembers(given.test.database, 'large_cap')).to.deep.equal(['BIG']);
    expect(await readMembersAsOf(given.test.database, 'large_cap', FIFTH)).to.deep.equal(['BIG', 'GONE']);
    expect((await readChanges(given.test.database, 'large_cap')).at(-1)).to.equal(`GONE removed ABSENT ${SIXTH}`);
    expect(await readSymbol('GONE')).to.deep.equal({ active: false, delisted: SECOND });
    expect(await readEvents()).to.deep.equal([`${SIXTH} GONE delisted ABSENT`]);
    expect(await query('select detail from pipeline.symbol_event')).to.deep.equal([
      { detail: { last_session: FIRST } },
    ]);
    expect(report.counters).to.include({ delisted: 1, added: 0 });
    expect(report.details).to.deep.nested.include({
      'exclusions.INACTIVE': 1,
      'changesSummary.by_type': { delisting_cleanup: report.counters['removed'] },
    });
    const cleanups = (report.events ?? []).filter(({ event }) => event === 'delisting_cleanup');
    expect(cleanups.map(({ payload }) => [payload['removed_count'], payload['symbols']])).to.deep.equal([
      [1, ['GONE']],
    ]);
    await assertReplayGivesMembership(given.test.database);
    await assertProjectionShowsMembership(given.test.database);
  });

  it('is not counted down by sessions that are held', async () => {
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 4), OTHERS);

    const held = await runEvening(given.test.database, FIFTH, [MID], { config: strict });
    await evening(SIXTH, OTHERS);
    const afterFourComplete = await readMembers(given.test.database, 'large_cap');
    await evening(SEVENTH, OTHERS);

    expect(held.summary).to.match(/^the session is held/);
    expect(afterFourComplete).to.deep.equal(['BIG', 'GONE']);
    expect(await readMembers(given.test.database, 'large_cap')).to.deep.equal(['BIG']);
    expect(await readEvents()).to.deep.equal([`${SEVENTH} GONE delisted ABSENT`]);
  });

  it('continues again with its first bar, also when nobody but this product ever says whether it is active', async () => {
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 6), OTHERS);

    await hostEvening(SEVENTH, OTHERS, 'GONE');
    await hostEvening(EIGHTH, OTHERS, 'GONE');

    expect(await readSymbol('GONE')).to.deep.equal({ active: true, delisted: null });
    expect(await readEvents()).to.deep.equal([
      `${SIXTH} GONE delisted ABSENT`,
      `${SEVENTH} GONE relisted TRADES_AGAIN`,
    ]);
    expect((await readChanges(given.test.database, 'large_cap')).slice(-2)).to.deep.equal([
      `GONE removed ABSENT ${SIXTH}`,
      `GONE added TRADES_AGAIN ${SEVENTH}`,
    ]);
    expect(await readMembers(given.test.database, 'recent_ipos')).to.deep.equal([]);
    expect(await readMembersAsOf(given.test.database, 'large_cap', SIXTH)).to.deep.equal(['BIG']);
    await assertReplayed(EIGHTH);
  });

  it('stays as it was found when its session is synced again, with other figures or by a mode that cleans up nothing', async () => {
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 6), OTHERS);

    const again = await sync(given.test.database, SIXTH, { config });
    await sync(given.test.database, SIXTH, { config, mode: 'themes', force: true });
    const afterThemes = await readEvents();
    await evening(SIXTH, [BIG, { ...MID, cap: 6e9 }]);

    expect(again).to.include({ changed: false, summary: 'same input as the last time, nothing changed' });
    expect(afterThemes).to.deep.equal([`${SIXTH} GONE delisted ABSENT`]);
    expect(await readEvents()).to.deep.equal([`${SIXTH} GONE delisted ABSENT`]);
    await hostEvening(SEVENTH, OTHERS, 'GONE');
    expect(await readMembers(given.test.database, 'large_cap')).to.deep.equal(['BIG', 'GONE']);
  });

  it('has not ended when its bar comes late to the session it was found absent in', async () => {
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 6), OTHERS);

    await hostEvening(SIXTH, OTHERS, 'GONE');

    expect(await readEvents()).to.deep.equal([]);
    expect(await readSymbol('GONE')).to.deep.equal({ active: true, delisted: null });
    expect(await readMembers(given.test.database, 'large_cap')).to.deep.equal(['BIG', 'GONE']);
    await evening(SEVENTH, ALL);
    expect(await readMembersAsOf(given.test.database, 'large_cap', SEVENTH)).to.deep.equal(['BIG', 'GONE']);
  });

  it('begins anew for whoever has its symbol long after it ended', async () => {
    const [reused = FIRST, next = FIRST] = SESSIONS.slice(10);
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 6), OTHERS);

    await evening(reused, ALL);
    await evening(next, ALL);

    expect((await readEvents()).at(-1)).to.equal(`${reused} GONE reused TRADES_AGAIN`);
    expect(await readChanges(given.test.database, 'recent_ipos')).to.deep.equal([
      `GONE added IPO_FIRST_SEEN ${reused}`,
    ]);
    expect(await readMembers(given.test.database, 'cyclical')).to.deep.equal(['GONE']);
    await assertReplayed(next);
  });
});
