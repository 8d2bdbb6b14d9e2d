import { expect } from 'chai';
import type { GateFacts } from '../../../../../phases/cache-sync/holds/gate.js';
import { turnover } from '../../../../../phases/cache-sync/holds/gates/turnover.js';
import type { TurnoverHistory } from '../../../../../phases/cache-sync/holds/turnover-ratio.js';
import { MONDAY } from '../../../../support/market.js';
import { factsOf } from './facts.js';

const TOP_500 = { type: 'stock_universe', name: 'market_leaders', key: 'top_500' };
const THEME = { type: 'stock_universe', name: 'themes', key: 'ai' };

function historyOf(ratios: readonly number[], heldAlone = 0): TurnoverHistory {
  return { ratiosOf: () => ratios, publishedBefore: () => MONDAY, heldAlone: () => heldAlone };
}

function judge(before: number, added: number, removed: number, parts: Partial<GateFacts> = {}, doubtful = 0) {
  return turnover.check(factsOf({ turnovers: [{ universe: TOP_500, before, added, removed, doubtful }], ...parts }));
}

describe('the turnover gate', () => {
  it('holds a universe that would exchange more than 30 % of its members, and says how many', () => {
    const [enough] = judge(500, 150, 150);
    const [tooMuch] = judge(500, 151, 151);

    expect(enough).to.deep.include({ status: 'pass', measured: 30, threshold: 30, universe: null });
    expect(tooMuch).to.deep.include({
      gate: 'turnover',
      status: 'hold',
      measured: 30.2,
      threshold: 30,
      universe: TOP_500,
    });
    expect(tooMuch?.message).to.match(/^30\.2 % of the 500 members of top_500 exchanged \(151 in, 151 out\)/);
  });

  it('counts a loss that nobody replaces in full', () => {
    expect(judge(500, 0, 200)[0]).to.include({ status: 'hold', measured: 40 });
  });

  it('holds a calm universe at far more than its own usual turnover: 25 median absolute deviations above the median, at least 5 %', () => {
    // Median 0.4 %, median deviation 0.2 %: 0.4 + 25 × 1.4826 × 0.2 = 7.813 %.
    const lively = historyOf(
      Array.from(
        { length: 40 },
        (_, index) => [0.002, 0.004, 0.006, 0.004, 0.002, 0.006, 0.004, 0.002][index % 8] ?? 0,
      ),
    );
    const still = historyOf(Array.from({ length: 40 }, () => 0));

    expect(judge(500, 39, 39, { history: lively })[0]).to.include({ status: 'pass', measured: 7.8, threshold: 7.81 });
    expect(judge(500, 40, 40, { history: lively })[0]).to.include({ status: 'hold', measured: 8 });
    expect(judge(500, 25, 25, { history: still })[0]).to.include({ status: 'pass', measured: 5, threshold: 5 });
    expect(judge(500, 26, 26, { history: still })[0]).to.include({ status: 'hold' });
  });

  it('goes by the absolute limit alone while the history is short', () => {
    expect(judge(500, 100, 100, { history: historyOf(Array.from({ length: 19 }, () => 0)) })[0]).to.include({
      status: 'pass',
      threshold: 30,
    });
  });

  it('allows as much for each session since the last publish', () => {
    const facts = factsOf({ history: historyOf([]) });
    const market = { ...facts.market, past: { ...facts.market.past, sessionsSince: () => 3 } };

    expect(judge(500, 400, 400, { history: historyOf([]), market })[0]).to.include({ status: 'pass', threshold: 90 });
  });

  it('allows no more for the sessions in which the universe alone was held: the same candidate is not better for being older', () => {
    const facts = factsOf({ history: historyOf([]) });
    const market = { ...facts.market, past: { ...facts.market.past, sessionsSince: () => 3 } };

    expect(judge(500, 200, 200, { history: historyOf([], 2), market })[0]).to.include({
      status: 'hold',
      threshold: 30,
    });
    expect(judge(500, 200, 200, { history: historyOf([], 1), market })[0]).to.include({
      status: 'pass',
      threshold: 60,
    });
  });

  it('ends after five sessions in which the universe alone was held, without the changes whose figures are in doubt', () => {
    const facts = factsOf({ history: historyOf([]) });
    const after = (heldAlone: number, doubtful: number) => {
      const market = { ...facts.market, past: { ...facts.market.past, sessionsSince: () => heldAlone + 1 } };
      return judge(500, 200, 200, { history: historyOf([], heldAlone), market }, doubtful)[0];
    };

    expect(after(5, 0)).to.include({ status: 'pass', measured: 40, threshold: 30 });
    expect(after(5, 0)?.message).to.match(/held for 5 sessions, and none of the changes is in doubt/);
    expect(after(4, 1)?.status).to.equal('hold');
    expect(after(5, 1)).to.include({ status: 'warn', withholdsDoubtful: true });
    expect(after(5, 1)?.message).to.match(/held for 5 sessions, and published without the 1 that are in doubt/);
  });

  it('does not hold a few changes of a small universe (3 newcomers of 59)', () => {
    const still = historyOf(Array.from({ length: 40 }, () => 0));

    expect(judge(59, 3, 0, { history: still })[0]).to.include({ status: 'pass', measured: 5.08, threshold: 5 });
    expect(judge(59, 4, 4, { history: still })[0]).to.include({ status: 'pass' });
    expect(judge(59, 5, 0, { history: still })[0]).to.include({ status: 'hold' });
  });

  it('does not judge universes of under 50 members, and has a finding for each that it holds', () => {
    const none = judge(49, 49, 49);
    const both = turnover.check(
      factsOf({
        turnovers: [
          { universe: TOP_500, before: 500, added: 300, removed: 300, doubtful: 0 },
          { universe: THEME, before: 60, added: 0, removed: 30, doubtful: 0 },
        ],
      }),
    );

    expect(none).to.have.lengthOf(1);
    expect(none[0]).to.include({ status: 'pass', measured: null });
    expect(both.map((result) => [result.status, result.universe?.key])).to.deep.equal([
      ['hold', 'top_500'],
      ['hold', 'ai'],
    ]);
  });
});
