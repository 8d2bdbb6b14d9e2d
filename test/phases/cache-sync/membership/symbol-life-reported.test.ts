import { expect } from 'chai';
import { ImportPhase } from '../../../../phases/import/phase.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import type { SessionDate } from '../../../../src/core/session.js';
import { importListings, runEvening } from '../../../support/evenings.js';
import { configOf, sync, type Listing } from '../../../support/market.js';
import { runPhase } from '../../../support/phase-context.js';
import { readChanges, readMembers } from '../publish/published-state.js';
import {
  useLives,
  SESSIONS,
  FIRST,
  SECOND,
  THIRD,
  SIXTH,
  SEVENTH,
  BIG,
  MID,
  GONE,
  ALL,
  OTHERS,
  config,
} from './symbol-life-fixture.js';

describe('the life of a symbol that is reported', () => {
  const given = useLives();
  const { evening, evenings, query, readSymbol, readEvents, writeBar, assertReplayed } = given;

  it('ends when it is reported inactive, with the day that was reported or that of the session', async () => {
    await evening(FIRST, ALL);

    await query(`update symbols set active = false where symbol = 'GONE'`);
    await query(`update symbols set delisted_date = '2026-02-27', active = false where symbol = 'MID'`);
    await evening(SECOND, [BIG]);
    await evening(THIRD, [BIG]);

    expect(await readSymbol('GONE')).to.deep.equal({ active: false, delisted: SECOND });
    expect(await readSymbol('MID')).to.deep.equal({ active: false, delisted: '2026-02-27' });
    expect(await readEvents()).to.have.members([
      `${SECOND} GONE delisted REPORTED_INACTIVE`,
      `${SECOND} MID delisted REPORTED_INACTIVE`,
    ]);
    expect((await readChanges(given.test.database, 'large_cap')).at(-1)).to.equal(`GONE removed INACTIVE ${SECOND}`);
  });

  it('ends once, also when universes that were held let go of it later', async () => {
    const cautious = configOf({ universes: config.universes, gates: { turnover: { minMembers: 1, minChanges: 1 } } });
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 5), OTHERS);
    await runEvening(given.test.database, SIXTH, OTHERS, { config: cautious });
    const whileHeld = await readMembers(given.test.database, 'large_cap');

    await runEvening(given.test.database, SEVENTH, OTHERS, { config: cautious, force: true });

    expect(whileHeld).to.deep.equal(['BIG', 'GONE']);
    expect((await readChanges(given.test.database, 'large_cap')).at(-1)).to.equal(`GONE removed INACTIVE ${SEVENTH}`);
    expect(await readEvents()).to.deep.equal([`${SIXTH} GONE delisted ABSENT`]);
    expect(await readSymbol('GONE')).to.deep.equal({ active: false, delisted: SECOND });
  });

  it('continues again when who reported it inactive reports it active', async () => {
    await evening(FIRST, ALL);
    await query(`update symbols set active = false where symbol = 'GONE'`);
    await evening(SECOND, OTHERS);
    await query(`update symbols set active = true where symbol = 'GONE'`);

    for (const symbol of ['BIG', 'MID', 'GONE']) await writeBar(THIRD, symbol);
    const existing = configOf({ universes: config.universes, import: { source: 'existing' } });
    await runPhase(new ImportPhase(given.test.database, existing, new TradingCalendar()), given.test.database, {
      session: THIRD,
    });
    await sync(given.test.database, THIRD, { config });

    expect(await readMembers(given.test.database, 'large_cap')).to.deep.equal(['BIG', 'GONE']);
    expect(await readSymbol('GONE')).to.deep.equal({ active: true, delisted: null });
    expect((await readEvents()).at(-1)).to.equal(`${THIRD} GONE relisted TRADES_AGAIN`);
    await assertReplayed(THIRD);
  });

  it('is not touched by another name or another exchange', async () => {
    await evening(FIRST, ALL);
    const before = await query('select count(*)::int as changes from pipeline.membership_change');

    await evening(SECOND, [BIG, MID, { ...GONE, name: 'Renamed Inc.', exchange: 'NASDAQ' }]);

    expect(await query('select count(*)::int as changes from pipeline.membership_change')).to.deep.equal(before);
    expect(await readMembers(given.test.database, 'large_cap')).to.deep.equal(['BIG', 'GONE']);
    expect(await readEvents()).to.deep.equal([]);
  });

  it('begins among the recent IPOs, for a reason of its own, and seasons 30 days later', async () => {
    const listed: Listing = { symbol: 'DATED', cap: 3e9, sector: 'Technology', listDate: SECOND };
    const fresh = [
      { symbol: 'MARKED', cap: 30e9, sector: 'Health Care' },
      { symbol: 'SEEN', cap: 4e8 },
      // Known to be older than its first day in this feed.
      { symbol: 'MOVED', cap: 4e9, listDate: '2020-01-02' },
      listed,
    ];
    const seasoned = new TradingCalendar().nearest('2026-04-02' as SessionDate);

    await evening(FIRST, ALL);
    const atFirst = await readMembers(given.test.database, 'recent_ipos');
    await importListings(given.test.database, SECOND, [...ALL, ...fresh]);
    await query(`update pipeline.source_quote set is_first_day = true where symbol = 'MARKED'`);
    const report = await sync(given.test.database, SECOND, { config });
    const bands = await Promise.all(
      ['large_cap', 'mid_cap', 'small_cap'].map((key) => readMembers(given.test.database, key)),
    );
    const groups = await Promise.all(
      ['defensive_growth', 'tech_growth', 'small_cap_general'].map((key) => readMembers(given.test.database, key)),
    );
    await evening(seasoned, [...ALL, ...fresh]);
    const onLastDay = await readMembers(given.test.database, 'recent_ipos');
    await evening(new TradingCalendar().next(seasoned), [...ALL, ...fresh]);

    expect(atFirst).to.deep.equal([]);
    expect((await readChanges(given.test.database, 'recent_ipos')).slice(0, 3).toSorted()).to.deep.equal([
      `DATED added IPO_LISTED ${SECOND}`,
      `MARKED added IPO_FIRST_DAY ${SECOND}`,
      `SEEN added IPO_FIRST_SEEN ${SECOND}`,
    ]);
    expect(bands).to.deep.equal([['BIG', 'GONE', 'MARKED'], ['DATED', 'MID', 'MOVED'], ['SEEN']]);
    expect(groups).to.deep.equal([['MARKED'], ['DATED'], ['SEEN']]);
    expect(report.details).to.deep.nested.include({ 'reasons.IPO_FIRST_DAY': 2 });
    expect(onLastDay).to.deep.equal(['DATED', 'MARKED', 'SEEN']);
    expect(
      (await readChanges(given.test.database, 'recent_ipos'))
        .slice(3)
        .map((text) => text.split(' ').slice(1, 3).join(' ')),
    ).to.deep.equal(Array(3).fill('removed IPO_SEASONED'));
    expect(await readMembers(given.test.database, 'tech_growth')).to.deep.equal([]);
  });
});
