import { expect } from 'chai';
import { TUESDAY, WEDNESDAY } from '../../support/market.js';
import { useExplain } from './explain-fixture.js';

describe('why a symbol is in a universe', () => {
  const { ask, flipsOf } = useExplain();

  it('tells a member its rank, its cap, where it came from, since when and why', async () => {
    const why = await ask('C', 'top_3');

    expect(why).to.deep.include({
      member: true,
      since: TUESDAY,
      position: 3,
      size: 3,
      rank: 3,
      marketCapUsd: 24.2e9,
      close: 10,
      shares: 2.42e9,
      capSource: 'close_x_shares',
      priceSession: WEDNESDAY,
      flags: [],
      exclusion: null,
      sector: 'Energy',
    });
    expect(why.entered).to.include({ session: TUESDAY, reason: 'RANK_IN', knownAt: '2026-06-23T22:00:00.000Z' });
    expect(why.sentences).to.deep.equal([
      'C is in Top 3 on 2026-06-24, number 3 of 3, since 2026-06-23: its rank came within the size (RANK_IN).',
      'The universe takes the first 3 eligible stocks by market cap.',
      'Its rank is 3 of 5 eligible stocks.',
      'Its market cap is $24.2B: close 10 times 2,420,000,000 shares.',
      'The universe was held by the gate turnover: 12 % came or went (hold 1, approved by ann: looked at it).',
      'The whole session was held by the gate coverage (hold 2, rejected by ann: looked at it).',
      'It leaves at rank 4 or a cap under $24.1B (that of D, 0.41 % lower than now).',
    ]);
  });

  it('tells who is no member when it left and what would bring it in', async () => {
    const why = await ask('D', 'top_3');

    expect(why).to.deep.include({
      member: false,
      since: null,
      position: null,
      entered: null,
      capSource: 'source_market_cap',
    });
    expect(why.left).to.include({ session: TUESDAY, reason: 'RANK_OUT' });
    expect(why.flips).to.deep.equal([
      {
        change: 'enters',
        rank: 3,
        capUsd: 24.2e9,
        dollarVolumeUsd: null,
        assetsUsd: null,
        movePct: 0.41,
        session: null,
        text: 'enters at rank 3 or a cap above $24.2B (that of C, 0.41 % higher than now)',
      },
    ]);
  });

  it('knows what would flip it, whatever the rule', async () => {
    expect(await flipsOf('D', 'top_2_technology')).to.deep.equal([
      'leaves at rank 3 or a cap under $5.00B (that of E, 79.3 % lower than now)',
    ]);
    expect(await flipsOf('E', 'top_2_technology')).to.deep.equal([
      'enters at rank 2 or a cap above $24.1B (that of D, 382 % higher than now)',
    ]);
    expect(await flipsOf('C', 'top_2_technology')).to.deep.equal([]);
    expect(await flipsOf('A', 'large_cap')).to.deep.equal([
      'leaves with a cap under $10.0B (90.0 % lower than now)',
      'leaves with a cap from $200B (100 % higher than now)',
    ]);
    expect(await flipsOf('E', 'large_cap')).to.deep.equal(['enters with a cap from $10.0B (100 % higher than now)']);
    expect(await flipsOf('X', 'top_1_etfs')).to.deep.equal([
      'leaves at rank 2 or a dollar volume under $5,000 (that of Y, 44.4 % lower than now)',
    ]);
    // 12 June and 30 days are 12 July, a Sunday.
    expect(await flipsOf('E', 'recent_ipos')).to.deep.equal(['leaves on 2026-07-13, when it is seasoned']);
  });

  it('knows the assets that rank an ETF, where they are known', async () => {
    const why = await ask('V', 'top_3_etfs');

    expect(why).to.include({ assetsUsd: 900e6 });
    expect(why.scope?.leave).to.deep.include({ symbol: 'W', assetsUsd: 450.5e6 });
    expect(why.sentences).to.include('The universe takes the first 3 ETFs by assets.');
    expect(why.flips.map(({ text }) => text)).to.deep.equal([
      'leaves at rank 4 or assets under $451M (that of W, 49.9 % lower than now)',
    ]);
    expect(why.flips[0]).to.include({ assetsUsd: 450.5e6, dollarVolumeUsd: null });
  });

  it('places a symbol in the buffer around a cut-off', async () => {
    const [kept, waiting, near] = [
      await ask('C', 'top_2_banded'),
      await ask('B', 'top_2_banded'),
      await ask('C', 'wide_cap'),
    ];

    expect(kept.banding).to.include({ state: 'buffer', inRank: 1, outRank: 4, staysUntil: null });
    expect(kept.flips[0]).to.include({ change: 'leaves', rank: 4, capUsd: 24.1e9 });
    expect(waiting.banding).to.include({ state: 'buffer' });
    expect(waiting.flips[0]).to.include({ change: 'enters', rank: 1, capUsd: 100e9 });
    // 25 billion less 4 percent; in since Tuesday, it stays for three sessions.
    expect(near.banding).to.include({
      state: 'buffer',
      outBelowUsd: 24e9,
      outAboveUsd: 208e9,
      staysUntil: '2026-06-26',
    });
    expect(near.flips.map(({ capUsd }) => capUsd)).to.deep.equal([24e9, 208e9]);
    expect(near.sentences).to.include(
      'There is a buffer around the cut-off: C is within it, and stays; a member stays from $24.0B to $208B. Having come in lately, it stays until 2026-06-26 at least.',
    );
  });
});
