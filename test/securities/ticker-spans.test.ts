import { expect } from 'chai';
import type { SessionDate } from '../../src/core/session.js';
import { TickerSpans } from '../../src/securities/ticker-spans.js';
import { FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, WEEK } from '../support/market.js';

describe('the sessions of a ticker', () => {
  /** The present ticker of what each ticker stood for from Monday to Friday; `-`: of nothing any more. */
  const show = (events: readonly [string, SessionDate, string | null][], ...symbols: string[]): string[] => {
    const spans = new TickerSpans(events.map(([symbol, session, to]) => ({ symbol, session, to })));
    return symbols.map((symbol) => WEEK.map((session) => spans.presentOf(symbol, session) ?? '-').join(' '));
  };

  it('are its own when it never changed', () => {
    expect(show([['B', TUESDAY, 'C']], 'A')).to.deep.equal(['A A A A A']);
  });

  it('are those of the new ticker before the change, which stood for nothing of the kind until then', () => {
    expect(show([['A', WEDNESDAY, 'B']], 'A', 'B')).to.deep.equal(['B B A A A', '- - B B B']);
  });

  it('follow several changes, in whatever order they are given', () => {
    const changes: [string, SessionDate, string][] = [
      ['B', THURSDAY, 'C'],
      ['A', TUESDAY, 'B'],
    ];

    expect(show(changes, 'A', 'B', 'C')).to.deep.equal(['C A A A A', '- C C B B', '- - - C C']);
  });

  it('are of nobody before another company takes the ticker', () => {
    expect(show([['A', WEDNESDAY, null]], 'A')).to.deep.equal(['- - A A A']);
  });

  it('are divided between the company that left the ticker and the one that took it', () => {
    const events: [string, SessionDate, string | null][] = [
      ['A', TUESDAY, 'B'],
      ['A', FRIDAY, null],
    ];

    expect(show(events, 'A', 'B')).to.deep.equal(['B - - - A', '- B B B B']);
  });

  it('are exchanged by two securities that swap their tickers', () => {
    const events: [string, SessionDate, string | null][] = [
      ['A', WEDNESDAY, 'B'],
      ['B', WEDNESDAY, 'A'],
    ];

    expect(show(events, 'A', 'B')).to.deep.equal(['B B A A A', 'A A B B B']);
  });

  it('end with a company whose later ticker went to another', () => {
    const events: [string, SessionDate, string | null][] = [
      ['A', TUESDAY, 'B'],
      ['B', THURSDAY, null],
    ];

    expect(show(events, 'A', 'B')).to.deep.equal(['- A A A A', '- - - B B']);
  });

  describe('of a security', () => {
    const spansOf = (...events: [string, SessionDate, string | null][]) =>
      new TickerSpans(events.map(([symbol, session, to]) => ({ symbol, session, to })));
    const chain = spansOf(['A', TUESDAY, 'B'], ['B', THURSDAY, 'C'], ['A', FRIDAY, null]);

    it('follow each other from the first to the present one', () => {
      expect(chain.tickersOf('C')).to.deep.equal([
        { ticker: 'A', from: null, before: TUESDAY },
        { ticker: 'B', from: TUESDAY, before: THURSDAY },
        { ticker: 'C', from: THURSDAY, before: null },
      ]);
      expect(chain.tickersOf('A')).to.deep.equal([{ ticker: 'A', from: FRIDAY, before: null }]);
    });

    it('lead to the present one from each that was not used again', () => {
      expect(['A', 'B', 'C', 'X'].map((ticker) => chain.presentOf(ticker, null))).to.deep.equal(['A', 'C', 'C', 'X']);
    });

    it('end where two securities have swapped them', () => {
      const swapped = spansOf(['A', WEDNESDAY, 'B'], ['B', WEDNESDAY, 'A']);

      expect(swapped.tickersOf('B')).to.deep.equal([
        { ticker: 'A', from: null, before: WEDNESDAY },
        { ticker: 'B', from: WEDNESDAY, before: null },
      ]);
    });
  });
});
