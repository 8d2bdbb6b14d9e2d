import { expect } from 'chai';
import { NO_PAST } from '../../../../phases/cache-sync/valuation/past.js';
import { judgeCap, type CapHistory } from '../../../../phases/cache-sync/valuation/suspect-caps.js';
import { valueStocks } from '../../../../phases/cache-sync/valuation/value-stocks.js';
import { marketOf, MONDAY, toSecurity, TUESDAY, type Listing } from '../../../support/market.js';

const LIMITS = { factor: 1.5, acceptAfterSessions: 5 };

const judge = (evidence: Partial<CapHistory>) =>
  judgeCap(
    { capUsd: 100, close: 10, pastCapUsd: 100, referenceClose: 10, isAdjusted: true, past: undefined, ...evidence },
    LIMITS,
  );

describe('a market cap', () => {
  it('that moves with its price is believed', () => {
    expect(judge({ capUsd: 130, close: 13 })).to.include({ capUsd: 130, rawCapUsd: null, outcome: 'none' });
  });

  it('of a split day with the old share count is replaced by the one before, moved by the return', () => {
    // NFLX 2025-11-17: 1112.17 → 110.29 with a change of -0.927, so the source's previous close is 111.217; 473 billion became 47.
    const split = { capUsd: 46.7e9, pastCapUsd: 473e9, close: 110.29, referenceClose: 111.217 };

    expect(judge(split)).to.include({ rawCapUsd: 46.7e9, suspectSessions: 1, outcome: 'suspect' });
    // 473e9 × 110.29 / 111.217
    expect(judge(split).capUsd).to.be.closeTo(469.06e9, 0.01e9);
  });

  it('that agrees again the day after is believed, and the suspicion is over', () => {
    const cleared = judge({ capUsd: 483e9, pastCapUsd: 469e9, past: { rawCapUsd: 46.7e9, sessions: 1 } });

    expect(cleared).to.include({ capUsd: 483e9, rawCapUsd: null, suspectSessions: 0, outcome: 'cleared' });
  });

  it('that stays at its new level is believed after five sessions of agreement with itself', () => {
    const after = (sessions: number) => judge({ capUsd: 22e9, pastCapUsd: 2e6, past: { rawCapUsd: 21e9, sessions } });

    expect(after(4)).to.include({ suspectSessions: 5, outcome: 'suspect', capUsd: 2e6 });
    expect(after(5)).to.include({ suspectSessions: 0, outcome: 'accepted', capUsd: 22e9 });
  });

  it('that jumps again while it is suspect starts to be counted anew', () => {
    expect(judge({ capUsd: 900, past: { rawCapUsd: 300, sessions: 3 } })).to.include({
      suspectSessions: 1,
      capUsd: 100,
    });
  });

  it('with nothing to compare it with is believed', () => {
    expect(judge({ capUsd: 9e9, pastCapUsd: null })).to.include({ capUsd: 9e9, outcome: 'none' });
    expect(judge({ capUsd: 9e9, referenceClose: null })).to.include({ capUsd: 9e9, outcome: 'none' });
    expect(judge({ capUsd: 9e9, close: null })).to.include({ capUsd: 9e9, outcome: 'none' });
  });

  it('that stays where it was while an unadjusted price is split is believed: its share count followed', () => {
    const split = { isAdjusted: false, close: 1, referenceClose: 10 };

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
    const figures = {
      symbols: ['A', 'B'],
      capsUsd: [200, 140],
      closes: [10, 10],
      suspects: new Map(),
      leads: new Set<string>(),
    };
    const past = { ...NO_PAST, figures };

    const market = await marketOf(listings, MONDAY, { past, suspectCaps: LIMITS });

    expect(market.stocks.map(({ symbol, marketCapUsd }) => [symbol, marketCapUsd])).to.deep.equal([
      ['A', 200],
      ['B', 150],
    ]);
    expect(market.securities.get('A')).to.deep.include({ flags: ['SUSPECT_CAP'], rawCapUsd: 20, suspectSessions: 1 });
  });

  it('is compared with its adjusted price where the source gives one, and with what it was where it does not', async () => {
    // A fell to a tenth and its cap did not. B was split ten for one, and its previous close is that of before.
    const listings: Listing[] = [
      { symbol: 'A', close: 1, cap: 200, previousClose: 10 },
      { symbol: 'B', close: 1, cap: 200 },
    ];
    const figures = {
      symbols: ['A', 'B'],
      capsUsd: [200, 200],
      closes: [10, 10],
      suspects: new Map(),
      leads: new Set<string>(),
    };

    const market = await marketOf(listings, MONDAY, { past: { ...NO_PAST, figures }, suspectCaps: LIMITS });

    expect(market.securities.get('A')).to.include({ rawCapUsd: 200, marketCapUsd: 20 });
    expect(market.securities.get('B')).to.include({ rawCapUsd: null, marketCapUsd: 200 });
  });

  it('that was suspect stays so on a day without a bar', async () => {
    const figures = {
      symbols: ['A'],
      capsUsd: [200],
      closes: [10],
      suspects: new Map([['A', { rawCapUsd: 20, sessions: 2 }]]),
      leads: new Set<string>(),
    };
    const past = { ...NO_PAST, figures };

    const security = toSecurity({ symbol: 'A', cap: 20 }, MONDAY);

    const market = await valueStocks([security], TUESDAY, { past, suspectCaps: LIMITS });

    expect(market.securities.get('A')).to.include({ marketCapUsd: 200, rawCapUsd: 20, suspectSessions: 2 });
  });
});
