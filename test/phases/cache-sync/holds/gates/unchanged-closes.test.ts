import { expect } from 'chai';
import { unchangedCloses } from '../../../../../phases/cache-sync/holds/gates/unchanged-closes.js';
import { check, exchangeOf, measuresOf } from './facts.js';

const other = (unchanged: number) => exchangeOf({ exchange: 'NYSE', compared: 3000, unchanged });

describe('the unchanged-closes gate', () => {
  it('passes an ordinary day', () => {
    const result = check(unchangedCloses, { measures: measuresOf([exchangeOf({ unchanged: 200 }), other(150)]) });

    expect(result).to.include({ status: 'pass', measured: 5, threshold: 50 });
  });

  it('holds 2026-02-04, on which NASDAQ repeats the day before, and names it', () => {
    const result = check(unchangedCloses, { measures: measuresOf([exchangeOf({ unchanged: 4000 }), other(150)]) });

    expect(result).to.include({ status: 'hold', measured: 59.29, threshold: 50 });
    expect(result.message).to.equal(
      '59.3 % of closes equal those of 2026-06-22; NASDAQ: 100.0 % of closes equal those of 2026-06-22',
    );
  });

  it('holds one repeated exchange that the whole feed would not show', () => {
    const amex = exchangeOf({ exchange: 'AMEX', compared: 290, unchanged: 290 });

    const result = check(unchangedCloses, { measures: measuresOf([exchangeOf({ unchanged: 200 }), amex]) });

    expect(result).to.include({ status: 'hold', measured: 100 });
  });

  it('warns of more than a quarter, and leaves an exchange of under a hundred symbols alone', () => {
    const many = check(unchangedCloses, { measures: measuresOf([exchangeOf({ unchanged: 1200 })]) });
    const small = exchangeOf({ exchange: 'IEX', compared: 99, unchanged: 99 });

    expect(many).to.include({ status: 'warn', measured: 30, threshold: 25 });
    expect(check(unchangedCloses, { measures: measuresOf([exchangeOf(), small]) }).status).to.equal('pass');
  });
});
