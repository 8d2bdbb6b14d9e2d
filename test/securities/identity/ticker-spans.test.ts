import { expect } from 'chai';
import type { SessionDate } from '../../../src/core/session.js';
import { TickerSpans, type SecurityTickerSpan } from '../../../src/securities/identity/ticker-spans.js';
import { FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, WEEK } from '../../support/market.js';

type Row = [security: number, ticker: string, from: SessionDate | null, before: SessionDate | null];

function spansOf(...rows: Row[]): TickerSpans {
  return new TickerSpans(
    rows.map(([security, ticker, from, before]): SecurityTickerSpan => ({ security, ticker, from, before })),
  );
}

describe('the sessions of a ticker', () => {
  /** The present ticker of what each ticker stood for from Monday to Friday; `-`: of nothing any more. */
  const show = (rows: readonly Row[], ...symbols: string[]): string[] => {
    const spans = spansOf(...rows);
    return symbols.map((symbol) => WEEK.map((session) => spans.presentOf(symbol, session) ?? '-').join(' '));
  };

  it('are its own when it never changed', () => {
    expect(show([[1, 'B', null, TUESDAY]], 'A')).to.deep.equal(['A A A A A']);
  });

  it('are those of the new ticker before the change, which stood for nothing of the kind until then', () => {
    const rows: Row[] = [
      [1, 'A', null, WEDNESDAY],
      [1, 'B', WEDNESDAY, null],
    ];

    expect(show(rows, 'A', 'B')).to.deep.equal(['B B - - -', '- - B B B']);
  });

  it('follow several changes, in whatever order they are given', () => {
    const rows: Row[] = [
      [1, 'C', THURSDAY, null],
      [1, 'A', null, TUESDAY],
      [1, 'B', TUESDAY, THURSDAY],
    ];

    expect(show(rows, 'A', 'B', 'C')).to.deep.equal(['C - - - -', '- C C - -', '- - - C C']);
  });

  it('are of nobody before another company takes the ticker', () => {
    const rows: Row[] = [
      [1, 'A', null, WEDNESDAY],
      [2, 'A', WEDNESDAY, null],
    ];

    expect(show(rows, 'A')).to.deep.equal(['- - A A A']);
  });

  it('are divided between the company that left the ticker and the one that took it', () => {
    const rows: Row[] = [
      [1, 'A', null, TUESDAY],
      [1, 'B', TUESDAY, null],
      [2, 'A', FRIDAY, null],
    ];

    expect(show(rows, 'A', 'B')).to.deep.equal(['B - - - A', '- B B B B']);
  });

  it('are exchanged by two securities that swap their tickers', () => {
    const rows: Row[] = [
      [1, 'A', null, WEDNESDAY],
      [1, 'B', WEDNESDAY, null],
      [2, 'B', null, WEDNESDAY],
      [2, 'A', WEDNESDAY, null],
    ];

    expect(show(rows, 'A', 'B')).to.deep.equal(['B B A A A', 'A A B B B']);
  });

  it('end with a company whose later ticker went to another', () => {
    const rows: Row[] = [
      [1, 'A', null, TUESDAY],
      [1, 'B', TUESDAY, THURSDAY],
      [2, 'B', THURSDAY, null],
    ];

    expect(show(rows, 'A', 'B')).to.deep.equal(['- - - - -', '- - - B B']);
  });

  describe('of a security', () => {
    const chain = spansOf(
      [1, 'A', null, TUESDAY],
      [1, 'B', TUESDAY, THURSDAY],
      [1, 'C', THURSDAY, null],
      [2, 'A', FRIDAY, null],
    );

    it('lead to the present one from each that was not used again', () => {
      expect(['A', 'B', 'C', 'X'].map((ticker) => chain.presentOf(ticker, null))).to.deep.equal(['A', 'C', 'C', 'X']);
    });

    it('are listed as changed, with the present one', () => {
      expect([...chain.changed()]).to.deep.equal([
        ['A', 'C'],
        ['B', 'C'],
      ]);
    });
  });
});
