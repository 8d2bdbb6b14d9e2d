import { expect } from 'chai';
import { volume } from '../../../../../phases/cache-sync/holds/gates/volume.js';
import { check, exchangeOf, measuresOf } from './facts.js';

/** Usual is 100,000 shares: the middle of the last sessions, whatever the one that stands out. */
const USUAL = [90_000, 100_000, 900_000, 100_000, 110_000, 95_000, 105_000];

function judge(medianVolume: number, usualVolumes = USUAL, isEarlyClose = false) {
  return check(volume, {
    measures: measuresOf([exchangeOf()], { medianVolume, usualVolumes: new Map([['', usualVolumes]]) }),
    isEarlyClose,
  });
}

describe('the volume gate', () => {
  it('holds snapshots taken before the close (2025-10-06, 2026-02-25) and passes the quietest ordinary day (2025-12-26)', () => {
    expect(judge(56_000)).to.include({ status: 'hold', measured: 56, threshold: 65 });
    expect(judge(60_000)).to.include({ status: 'hold', measured: 60 });
    expect(judge(68_000)).to.include({ status: 'pass', measured: 68 });
    expect(judge(68_000).message).to.equal('the median volume is 68,000 shares, 68.0 % of the usual 100,000');
  });

  it('holds one exchange that was taken early, though the whole feed passes, and not the exchanges of a quiet day (case r5)', () => {
    const day = (nasdaq: number, nyse: number, medianVolume: number) => {
      const exchanges = [
        exchangeOf({ bars: 430, medianVolume: nasdaq }),
        exchangeOf({ exchange: 'NYSE', bars: 470, medianVolume: nyse }),
      ];
      const usualVolumes = new Map(['', 'NASDAQ', 'NYSE'].map((exchange) => [exchange, USUAL]));
      return check(volume, { measures: measuresOf(exchanges, { medianVolume, usualVolumes }) });
    };

    const early = day(47_500, 100_900, 70_100);

    expect(early).to.include({ status: 'hold', threshold: 60 });
    expect(early.message).to.equal('NASDAQ: the median volume is 47.5 % of the usual, that of NYSE 100.9 %');
    expect(day(68_000, 70_000, 69_000)).to.include({ status: 'pass', measured: 69 });
    expect(day(100_000, 100_000, 100_000)).to.include({ status: 'pass' });
  });

  it('does not judge a session that closed early', () => {
    expect(judge(40_000, USUAL, true)).to.include({ status: 'pass', measured: null });
  });

  it('does not judge before five sessions say what is usual', () => {
    expect(judge(40_000, USUAL.slice(0, 4))).to.include({ status: 'pass', measured: null });
    expect(judge(40_000, USUAL.slice(0, 5))).to.include({ status: 'hold', measured: 40 });
  });
});
