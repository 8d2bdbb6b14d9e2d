import { expect } from 'chai';
import { CloseWindow } from '../../../src/securities/closes/close-window.js';
import type { ShareChange } from '../../../src/securities/actions/share-factors.js';
import { TickerSpans } from '../../../src/securities/identity/ticker-spans.js';
import { calendar } from '../../phases/indicators/bars.js';

const REUSE_AFTER = 60;
const SESSIONS = calendar.between('2026-01-02' as never, '2026-06-30' as never);

describe('a window of closes', () => {
  /** Closes of `A` at the given days, counted from 0; `B` trades every day. */
  const closesOf = (
    days: ReadonlyMap<number, number>,
    changes: ReadonlyMap<string, readonly ShareChange[]> = new Map(),
  ) => {
    const securities = { tickers: new TickerSpans([]), changes, reuseAfterSessions: REUSE_AFTER };
    const window = new CloseWindow(['A', 'B'], securities, 260);
    for (const [index, session] of SESSIONS.entries()) {
      const own = days.get(index);
      window.addDay(session, [...(own === undefined ? [] : [`A\u001f${own}`]), 'B\u001f1'].join('\u001e'));
    }
    const [first] = window.series();
    return { closes: [...(first?.closes ?? [])], doubt: first?.doubt ?? null };
  };

  it('begins anew with a ticker that comes back after sixty sessions', () => {
    const back = REUSE_AFTER + 1;

    expect(
      closesOf(
        new Map([
          [0, 5],
          [back, 6],
        ]),
      ).closes,
    ).to.deep.equal([6]);
    expect(
      closesOf(
        new Map([
          [0, 5],
          [back - 1, 6],
        ]),
      ).closes,
    ).to.deep.equal([5, 6]);
  });

  it('forgets with them what was doubtful about them', () => {
    const back = REUSE_AFTER + 3;
    const moved = { session: SESSIONS[1] ?? ('' as never), factor: null, exception: 7 };

    const found = closesOf(
      new Map([
        [0, 80],
        [1, 20],
        [back, 6],
      ]),
      new Map([['A', [moved]]]),
    );

    expect(found).to.deep.equal({ closes: [6], doubt: null });
  });

  it('adjusts by every split in turn, also by one of a day without a close', () => {
    const changes = new Map([
      ['A', [2, 5, 6].map((index) => ({ session: SESSIONS[index] ?? ('' as never), factor: 0.5, exception: null }))],
    ]);

    expect(
      closesOf(
        new Map([
          [0, 80],
          [2, 40],
          [4, 44],
          [7, 12],
        ]),
        changes,
      ).closes,
    ).to.deep.equal([10, 10, 11, 12]);
  });

  it('counts the closes since the newest move that nobody has explained', () => {
    const moved = (index: number, exception: number) => ({
      session: SESSIONS[index] ?? ('' as never),
      factor: null,
      exception,
    });

    const { doubt } = closesOf(
      new Map([
        [0, 80],
        [1, 20],
        [2, 21],
        [4, 5],
        [5, 6],
      ]),
      new Map([['A', [moved(1, 7), moved(3, 8)]]]),
    );

    expect(doubt).to.deep.equal({ session: SESSIONS[3], exception: 8, bars: 2 });
  });
});
