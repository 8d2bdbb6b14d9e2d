import { expect } from 'chai';
import { rowCount } from '../../../../../phases/cache-sync/holds/gates/row-count.js';
import { check, exchangeOf, measuresOf } from './facts.js';

const nasdaq = exchangeOf({ bars: 4000, previousBars: 4000 });
const nyse = (bars: number) => exchangeOf({ exchange: 'NYSE', bars, previousBars: 2700 });
const amex = (bars: number) => exchangeOf({ exchange: 'AMEX', bars, previousBars: 290 });

describe('the row-count gate', () => {
  it('passes a session with about as many bars as the one before, or with more', () => {
    const fewer = check(rowCount, { measures: measuresOf([nasdaq, nyse(2650), amex(285)]) });
    const more = check(rowCount, { measures: measuresOf([nasdaq, nyse(3900), amex(290)]) });

    expect(fewer).to.include({ status: 'pass', measured: 0.79, threshold: 5 });
    expect(fewer.message).to.equal('6,935 bars after 6,990, 0.8 % fewer');
    expect(more).to.include({ status: 'pass', measured: 0 });
  });

  it('holds a session with more than 5 % fewer bars', () => {
    const half = exchangeOf({ bars: 3600, previousBars: 4000 });

    const result = check(rowCount, { measures: measuresOf([half, nyse(2700), amex(290)]) });

    expect(result).to.include({ status: 'hold', measured: 5.72, threshold: 5 });
  });

  it('holds a session in which one exchange lost more than a tenth, or vanished', () => {
    const short = check(rowCount, { measures: measuresOf([nasdaq, nyse(2700), amex(260)]) });
    const vanished = check(rowCount, { measures: measuresOf([nasdaq, nyse(2700), amex(0)]) });

    expect(short).to.include({ status: 'hold', measured: 10.34, threshold: 10 });
    expect(vanished).to.include({ status: 'hold', measured: 100, threshold: 10 });
    expect(vanished.message).to.equal('AMEX: 0 bars after 290, 100.0 % fewer');
  });

  it('lets a venue with a handful of symbols come and go', () => {
    const small = exchangeOf({ exchange: 'IEX', bars: 0, previousBars: 3 });

    expect(check(rowCount, { measures: measuresOf([nasdaq, small]) }).status).to.equal('pass');
  });

  it('holds a session that is empty, and measures nothing without a session before', () => {
    const empty = check(rowCount, { measures: measuresOf([exchangeOf({ bars: 0 })]) });
    const first = check(rowCount, {
      measures: measuresOf([exchangeOf({ previousBars: null, compared: 0 })], { previousSession: null }),
    });

    expect(empty).to.include({ status: 'hold', measured: 100 });
    expect(first).to.include({ status: 'pass', measured: null });
  });
});
