import { expect } from 'chai';
import { NO_PAST } from '../../../../phases/cache-sync/valuation/past.js';
import { valueStocks } from '../../../../phases/cache-sync/valuation/value-stocks.js';
import { parseSessionDate } from '../../../../src/core/session.js';
import { marketOf, MONDAY, toSecurity, TUESDAY, type Listing } from '../../../support/market.js';
import { CAP_RULES, figuresOf, judge, TODAY } from './cap-fixture.js';

describe('a market cap', () => {
  it('that moves with its price is believed', () => {
    expect(judge({ capUsd: 130, close: 13 })).to.include({ capUsd: 130, rawCapUsd: null, outcome: 'none' });
  });

  it('of a split day with the old share count is replaced by the one before, moved by the return', () => {
    // NFLX 2025-11-17: 1112.17 → 110.29 with a change of -0.927, so the source's previous close is 111.217; 473 billion became 47.
    const split = judge({ capUsd: 46.7e9, pastCapUsd: 473e9, close: 110.29, quoted: 111.217, pastClose: 1112.17 });

    expect(split).to.include({ rawCapUsd: 46.7e9, suspectSessions: 1, doubt: 'SPLIT_LAG', outcome: 'suspect' });
    // 473e9 × 110.29 / 111.217
    expect(split.capUsd).to.be.closeTo(469.06e9, 0.01e9);
  });

  it('that agrees again the day after is believed, and the suspicion is over', () => {
    const cleared = judge({ capUsd: 483e9, pastCapUsd: 469e9, suspect: { rawCapUsd: 46.7e9, sessions: 1 } });

    expect(cleared).to.include({ capUsd: 483e9, rawCapUsd: null, suspectSessions: 0, doubt: null, outcome: 'cleared' });
  });

  it('that stays at its new level is believed after five sessions of agreement with itself', () => {
    const after = (sessions: number) =>
      judge({ capUsd: 22e6, pastCapUsd: 2e6, suspect: { rawCapUsd: 21e6, sessions } });

    expect(after(4)).to.include({ suspectSessions: 5, outcome: 'suspect', capUsd: 2e6 });
    expect(after(5)).to.include({ suspectSessions: 0, outcome: 'accepted', capUsd: 22e6 });
  });

  it('that jumps again while it is suspect starts to be counted anew', () => {
    expect(judge({ capUsd: 900, suspect: { rawCapUsd: 300, sessions: 3 } })).to.include({
      suspectSessions: 1,
      capUsd: 100,
    });
  });

  it('with nothing to compare it with is believed', () => {
    expect(judge({ capUsd: 9e9, pastCapUsd: null })).to.include({ capUsd: 9e9, outcome: 'none' });
    expect(judge({ capUsd: 9e9, pastClose: null, quoted: null })).to.include({ capUsd: 9e9, outcome: 'none' });
  });

  it('that stays where it was while an unadjusted price is split is believed: its share count followed', () => {
    const split = { quoted: null, close: 1 };

    expect(judge({ ...split, capUsd: 100 })).to.include({ capUsd: 100, outcome: 'none' });
    expect(judge({ ...split, capUsd: 1000 })).to.include({ capUsd: 100, rawCapUsd: 1000, outcome: 'suspect' });
  });

  it('decides the rank, and is flagged with the figure as it came', async () => {
    const listings: Listing[] = ['A', 'B'].map((symbol) => ({
      symbol,
      close: 10,
      cap: symbol === 'A' ? 20 : 150,
      previousClose: 10,
    }));
    const figures = figuresOf({ symbols: ['A', 'B'], capsUsd: [200, 140], closes: [10, 10] });

    const market = await marketOf(listings, MONDAY, { past: { ...NO_PAST, figures }, suspectCaps: CAP_RULES });

    expect(market.stocks.map(({ symbol, marketCapUsd }) => [symbol, marketCapUsd])).to.deep.equal([
      ['A', 200],
      ['B', 150],
    ]);
    expect(market.securities.get('A')).to.deep.include({ flags: ['SUSPECT_CAP'], rawCapUsd: 20, suspectSessions: 1 });
  });

  it('is compared with its adjusted price where the source gives one, and with what it was where it does not', async () => {
    // A fell to a quarter and its cap did not. B was split ten for one, and its previous close is that of before.
    const listings: Listing[] = [
      { symbol: 'A', close: 2.5, cap: 200, previousClose: 10 },
      { symbol: 'B', close: 1, cap: 200 },
    ];
    const figures = figuresOf({ symbols: ['A', 'B'], capsUsd: [200, 200], closes: [10, 10] });

    const market = await marketOf(listings, MONDAY, { past: { ...NO_PAST, figures }, suspectCaps: CAP_RULES });

    expect(market.securities.get('A')).to.include({ rawCapUsd: 200, marketCapUsd: 50 });
    expect(market.securities.get('B')).to.include({ rawCapUsd: null, marketCapUsd: 200 });
  });

  it('that was suspect stays so on a day without a bar', async () => {
    const suspects = new Map([['A', { rawCapUsd: 20, sessions: 2, doubt: 'SHARE_COUNT' as const }]]);
    const figures = figuresOf({ symbols: ['A'], capsUsd: [200], closes: [10], suspects });
    const past = { ...NO_PAST, figures };

    const security = toSecurity({ symbol: 'A', cap: 20 }, MONDAY);

    const market = await valueStocks([security], TUESDAY, { past, suspectCaps: CAP_RULES });

    expect(market.securities.get('A')).to.include({ marketCapUsd: 200, rawCapUsd: 20, suspectSessions: 2 });
  });

  it('that rises into the large ones waits for thirty sessions, and one that shares issued explain for one', () => {
    const steady = (capUsd: number, sessions: number) =>
      judge({ capUsd, pastCapUsd: 10e9, suspect: { rawCapUsd: capUsd, sessions } }).outcome;

    expect([steady(80e9, 29), steady(80e9, 30)]).to.deep.equal(['suspect', 'accepted']);
    expect([steady(19e9, 0), steady(19e9, 1)]).to.deep.equal(['suspect', 'accepted']);
  });

  it('that collapses from a large one waits as long: no company loses four fifths of its shares', () => {
    const fallen = (capUsd: number, sessions: number) =>
      judge({ capUsd, pastCapUsd: 50e9, suspect: { rawCapUsd: capUsd, sessions } }).outcome;

    expect([fallen(9.9e9, 29), fallen(9.9e9, 30)]).to.deep.equal(['suspect', 'accepted']);
    expect([fallen(10.1e9, 4), fallen(10.1e9, 5)]).to.deep.equal(['suspect', 'accepted']);
  });

  it('whose share count was believed lately is believed at once, and is forgotten after sixty sessions', () => {
    const back = (until: string) =>
      judge({
        capUsd: 344e9,
        pastCapUsd: 2.77e12,
        formerCounts: [{ shares: 34.4e9, until: parseSessionDate(until) }],
      });

    expect(back('2026-06-22')).to.include({ capUsd: 344e9, outcome: 'accepted', countSince: TODAY });
    expect(back('2026-06-22').formerCounts).to.deep.equal([{ shares: 277e9, until: '2026-06-29' }]);
    expect(back('2026-03-02')).to.include({ capUsd: 2.77e12, outcome: 'suspect' });
  });

  it('of a share count that was believed for a few sessions is not remembered', () => {
    const former = { shares: 34.4e9, until: parseSessionDate('2026-06-22') };
    const countSince = parseSessionDate('2026-06-23');

    const back = judge({ capUsd: 344e9, pastCapUsd: 2.77e12, formerCounts: [former], countSince });

    expect(back).to.include({ outcome: 'accepted' });
    expect(back.formerCounts).to.deep.equal([]);
  });

  it('that falls from a first figure of a few sessions ago is believed after one session', () => {
    const fallen = (sessions: number) =>
      judge({
        capUsd: 15e9,
        pastCapUsd: 40e9,
        countSince: parseSessionDate('2026-06-23'),
        suspect: { rawCapUsd: 15e9, sessions },
      }).outcome;

    expect([fallen(0), fallen(1)]).to.deep.equal(['suspect', 'accepted']);
  });

  it('that a person has decided about is believed, or not, whatever its age', () => {
    const rejected = { decisions: [{ shares: 90, isRight: false }], suspect: { rawCapUsd: 900, sessions: 200 } };
    const approved = { decisions: [{ shares: 90, isRight: true }] };

    expect(judge({ capUsd: 900, ...rejected })).to.include({ capUsd: 100, outcome: 'suspect' });
    expect(judge({ capUsd: 900, ...approved })).to.include({ capUsd: 900, outcome: 'accepted' });
    // Another level is another question.
    expect(judge({ capUsd: 5000, ...approved })).to.include({ capUsd: 100, outcome: 'suspect' });
  });
});
