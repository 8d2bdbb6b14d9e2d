import { expect } from 'chai';
import { previousClose } from '../../../../../phases/cache-sync/holds/gates/previous-close.js';
import type { SessionMeasures } from '../../../../../phases/cache-sync/holds/session-measures.js';
import { check, exchangeOf, measuresOf, SHIPPED } from './facts.js';

/** Percent of previous closes that agree with the session before and with the one before that. */
function judge(matching: number, earlier: number, parts: Partial<SessionMeasures> = {}) {
  const counts = exchangeOf({ withPreviousClose: 4000, matching: 40 * matching, matchingEarlier: 40 * earlier });
  return check(previousClose, { measures: measuresOf([counts], parts) });
}

describe('the previous-close gate', () => {
  it('passes an ordinary day, and warns when every tenth previous close is another', () => {
    expect(judge(98.5, 10)).to.include({ status: 'pass', measured: 98.5, threshold: 90 });
    expect(judge(89, 10)).to.include({ status: 'warn', measured: 89, threshold: 90 });
  });

  it('holds rows of an earlier session, also when the session before was held (2025-10-07)', () => {
    const result = judge(11, 99.8, { wasPreviousHeld: true });

    expect(result).to.include({ status: 'hold', measured: 11, threshold: 50, universe: null });
    expect(result.message).to.match(/99\.8 % with those of the session before it: rows of an earlier session/);
  });

  it('holds a session that agrees with neither of those before (2025-11-03)', () => {
    expect(judge(9, 7)).to.include({ status: 'hold', measured: 9 });
  });

  it('only warns when the session before was held: that one was wrong (2026-02-26)', () => {
    expect(judge(23, 10, { wasPreviousHeld: true })).to.include({ status: 'warn', measured: 23, threshold: 50 });
  });

  it('judges each exchange: a repeated one is hidden in the whole feed (2026-02-04, 2026-02-05)', () => {
    const nyse = exchangeOf({
      exchange: 'NYSE',
      withPreviousClose: 6000,
      matching: 5900,
      withEarlierClose: 6000,
      matchingEarlier: 600,
    });
    const repeated = exchangeOf({ unchanged: 3990, matching: 400, matchingEarlier: 3950 });
    const dayAfter = exchangeOf({ matching: 520, matchingEarlier: 400 });

    const first = check(previousClose, { measures: measuresOf([repeated, nyse]) });
    const second = check(previousClose, { measures: measuresOf([dayAfter, nyse], { wasPreviousHeld: true }) });

    expect(first).to.include({ status: 'hold', measured: 10 });
    expect(first.message).to.match(/^NASDAQ: 10\.0 %/);
    expect(second.status).to.equal('warn');
  });

  it('holds every session of a feed that stays a day late, and passes the one that catches up (2025-10)', () => {
    const late = { wasPreviousHeld: true, lateBefore: new Set(['', 'NASDAQ']) };

    const during = judge(99, 0, late);
    const caughtUp = judge(9, 7, late);
    const approved = judge(99, 0);

    expect(during).to.include({ status: 'hold', measured: 99 });
    expect(during.message).to.match(/which was late: the feed still is/);
    expect(caughtUp).to.include({ status: 'pass', measured: 9 });
    expect(caughtUp.message).to.match(/the feed has caught up/);
    expect(approved.status).to.equal('pass');
  });

  it('publishes the sessions of a late feed with a warning where the configuration says so', () => {
    const counts = exchangeOf({ withPreviousClose: 4000, matching: 3960, matchingEarlier: 0 });
    const measures = measuresOf([counts], { lateBefore: new Set(['', 'NASDAQ']) });
    const config = { ...SHIPPED, previousClose: { ...SHIPPED.previousClose, whenLate: 'warn' as const } };

    expect(check(previousClose, { measures, config })).to.include({ status: 'warn', measured: 99 });
  });

  it('holds a feed that is late by days from the first of them on: its closes are those of a session before the previous one', () => {
    const counts = exchangeOf({ matching: 320, matchingEarlier: 300, repeatedEarlier: 3990 });
    const measures = measuresOf([counts]);

    const result = check(previousClose, { measures });

    expect([...measures.late].sort()).to.deep.equal(['', 'NASDAQ']);
    expect(result).to.include({ status: 'hold', measured: 8 });
    expect(result.message).to.match(/99\.8 % of closes equal those of a session before it: rows of an earlier session/);
  });

  it('only warns of a source that states no changes, so that the previous closes are those of the session', () => {
    const flat = (count: number) =>
      check(previousClose, { measures: measuresOf([exchangeOf({ matching: 400, flat: count })]) });

    expect(flat(3600)).to.include({ status: 'warn', measured: 10 });
    expect(flat(3600).message).to.match(/the source states no changes/);
    expect(flat(3599).status).to.equal('hold');
  });

  it('finds one exchange late beside one that is not', () => {
    const nyse = exchangeOf({ exchange: 'NYSE', withPreviousClose: 6000, matching: 5900 });
    const measures = measuresOf([exchangeOf({ matching: 3990 }), nyse], { lateBefore: new Set(['NASDAQ']) });

    expect([...measures.late]).to.deep.equal(['NASDAQ']);
    expect(check(previousClose, { measures }).message).to.match(/^NASDAQ: /);
  });

  it('only warns of previous closes that agree with an earlier session while the closes are new: a wrong column', () => {
    const result = judge(11, 99.8);

    expect(result).to.include({ status: 'warn', measured: 11 });
    expect(result.message).to.match(/a wrong column/);
  });

  it('expects no agreement over a missing session, and holds rows that do agree (2026-02-20)', () => {
    const honest = judge(8, 6, { isPreviousMissing: true });
    const misdated = judge(99, 10, { isPreviousMissing: true });

    expect(honest).to.include({ status: 'pass', measured: 8 });
    expect(misdated).to.include({ status: 'hold', measured: 99, threshold: 50 });
  });

  it('measures nothing where the source gives no previous close', () => {
    const counts = exchangeOf({ withPreviousClose: 0, matching: 0, withEarlierClose: 0, matchingEarlier: 0 });

    expect(check(previousClose, { measures: measuresOf([counts]) })).to.include({ status: 'pass', measured: null });
  });
});
