import { expect } from 'chai';
import { judge, judgeInOrder, type FeedRow } from './cap-fixture.js';

/** In billions, to two digits. */
const billions = (rows: readonly FeedRow[], largestUsd?: number | null): (number | null)[] =>
  judgeInOrder(rows, largestUsd).map(({ capUsd }) => (capUsd === null ? null : Number((capUsd / 1e9).toPrecision(2))));

const times = <Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value);

describe('the odd one of price, previous close and market cap', () => {
  it('is the previous close where the stored one fits the close (GIBO, a reverse split that the source saw late)', () => {
    const rows = [
      { close: 1.25, capUsd: 81.4e6 },
      // The price of the reverse split 1:25 with the old share count, then the right cap with the unadjusted previous close.
      { close: 31.25, quoted: 31.25, capUsd: 2034.9e6 },
      { close: 22.7, quoted: 1.25, capUsd: 59.1e6 },
    ];

    const judged = judgeInOrder(rows);

    expect(judged.map(({ capUsd }) => Math.round((capUsd ?? 0) / 1e5) / 10)).to.deep.equal([81.4, 81.4, 59.1]);
    expect(judged.map(({ doubt }) => doubt)).to.deep.equal([null, 'SPLIT_LAG', null]);
  });

  it('is the price where it alone is a hundred times or a hundredth of what it was (ORI)', () => {
    for (const close of [4100, 0.41]) {
      expect(judge({ capUsd: 10.1e9, pastCapUsd: 10e9, close, pastClose: 41, quoted: 41 })).to.include({
        capUsd: 10.1e9,
        outcome: 'none',
      });
    }
  });

  it('is the price where it takes the market cap with it (RYAN)', () => {
    const misprint = judge({ capUsd: 1500e9, pastCapUsd: 15e9, close: 5600, pastClose: 56, quoted: 56 });

    expect(misprint).to.include({ capUsd: 15e9, rawCapUsd: 1500e9, doubt: 'PRICE_MOVE' });
  });

  it('is the price of a split that the source did not adjust, until a person or a share count explains it (PIPR)', () => {
    const move = { isToday: true, ratio: 4, state: 'open' as const };
    const open = { isToday: false, ratio: 4, state: 'open' as const };
    const rows: FeedRow[] = [
      { close: 299, capUsd: 5.33e9 },
      { close: 73.8, quoted: 299, capUsd: 1.32e9, moves: [move] },
      ...times(40, { close: 74.5, capUsd: 1.33e9, moves: [open] }),
      { close: 85.5, capUsd: 6.1e9, moves: [open] },
    ];

    expect(new Set(billions(rows).slice(0, -1))).to.deep.equal(new Set([5.3]));
    expect(billions(rows).at(-1)).to.equal(6.1);
    const rejected = { ...open, state: 'rejected' as const };
    expect(
      judge({
        capUsd: 1.33e9,
        pastCapUsd: 5.3e9,
        moves: [rejected],
        suspect: { rawCapUsd: 1.33e9, sessions: 4, doubt: 'PRICE_MOVE' },
      }),
    ).to.include({ capUsd: 1.33e9, outcome: 'accepted' });
  });

  it('is the share count where a change of unit leaves it as it was (AZN)', () => {
    const rows: FeedRow[] = [
      { close: 92.77, capUsd: 287.7e9 },
      { close: 188.41, quoted: 92.77, capUsd: 584.3e9, moves: [{ isToday: true, ratio: 1 / 2, state: 'open' }] },
      ...times(100, {
        close: 188.41,
        capUsd: 584.3e9,
        moves: [{ isToday: false, ratio: 1 / 2, state: 'open' as const }],
      }),
    ];

    expect(new Set(billions(rows))).to.deep.equal(new Set([290]));
  });
});

describe('a share count over time', () => {
  it('that is wrong for seven sessions is never believed, and the right one at once (case r1)', () => {
    const at = (capUsd: number): FeedRow => ({ close: 50, capUsd });
    const rows = [...times(3, at(340e9)), ...times(7, at(2.7e12)), ...times(6, at(340e9))];

    expect(new Set(billions(rows))).to.deep.equal(new Set([340]));
  });

  it('that oscillates between two levels stays at the one that was believed', () => {
    const rows = Array.from({ length: 200 }, (_, index): FeedRow => ({
      close: 50,
      capUsd: index % 3 === 0 ? 115e9 : 250e9,
    }));

    expect(new Set(billions(rows))).to.deep.equal(new Set([120]));
  });

  it('may change some sessions before or after the price at a split', () => {
    const before = { close: 1000, capUsd: 100e9 };
    const split = { close: 100, quoted: 100 };
    const early = [before, ...times(3, { close: 1000, capUsd: 1000e9 }), { ...split, capUsd: 100e9 }];
    const late = [before, ...times(25, { ...split, capUsd: 10e9 }), { ...split, capUsd: 100e9 }];

    expect(new Set([...billions(early), ...billions(late)])).to.deep.equal(new Set([100]));
  });

  it('is suspect where the first one makes the largest stock of all (case r6), and believed when it is plausible', () => {
    const rows = [...times(3, { close: 20, capUsd: 14.9e12 }), { close: 20, capUsd: 14.9e9 }];

    expect(billions(rows)).to.deep.equal([null, null, null, 15]);
    expect(judge({ isNew: true, capUsd: 20e9, dollarVolumeUsd: 100_000 })).to.include({
      capUsd: null,
      doubt: 'FIRST_FIGURE',
    });
    // BRK/A trades about 200 million USD a day.
    expect(judge({ isNew: true, capUsd: 1e12, dollarVolumeUsd: 200e6 })).to.include({ capUsd: 1e12, outcome: 'none' });
  });

  it('that the source withdraws moves with the price for some sessions, and ends (case r10)', () => {
    const rows = [
      { close: 10, capUsd: 116_151_600 },
      ...times(20, { close: 5, quoted: 5, capUsd: null }).map((row, index) =>
        index === 0 ? { ...row, quoted: 10 } : row,
      ),
      { close: 5, capUsd: null },
      { close: 5, capUsd: 58_000_000 },
    ];

    const judged = judgeInOrder(rows);

    expect(new Set(judged.slice(1, 21).map(({ capUsd }) => capUsd))).to.deep.equal(new Set([58_075_800]));
    expect(judged[21]).to.include({ capUsd: null, rawCapUsd: 116_151_600, doubt: 'WITHDRAWN' });
    expect(judged[22]).to.include({ capUsd: 58_000_000, doubt: null });
  });
});
