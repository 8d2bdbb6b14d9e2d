import { expect } from 'chai';
import { toCompleted, toCompletionTime, toPercent, toSeconds } from '../../src/core/measures.js';

describe('measures of progress', () => {
  it('say 100 percent, and all of them, only when all is done', () => {
    expect([toPercent(0.99999), toPercent(1)]).to.deep.equal([99.99, 100]);
    expect([toCompleted(0.99999, 7148), toCompleted(1, 7148)]).to.deep.equal([7147, 7148]);
  });

  it('are whole where the fraction is, although floating point falls short of it', () => {
    // 0.57 × 10,000 is 5,699.999999999999, and 0.29 × 100 is 28.999999999999996.
    expect([toPercent(0.57), toPercent(0.29), toCompleted(0.29, 100)]).to.deep.equal([57, 29, 29]);
  });

  it('keep within their bounds, whatever a phase reports', () => {
    expect([toPercent(-0.1), toPercent(1.1)]).to.deep.equal([0, 100]);
    expect([toCompleted(-0.1, 10), toCompleted(1.1, 10), toCompleted(1, 0)]).to.deep.equal([0, 10, 0]);
  });

  it('are seconds to the millisecond, and null where nothing is known', () => {
    expect([toSeconds(null), toSeconds(-5), toSeconds(1234.5678)]).to.deep.equal([null, 0, 1.235]);
  });

  it('are an instant in UTC when the time left is known', () => {
    expect([toCompletionTime(90_000, 0), toCompletionTime(null, 0)]).to.deep.equal(['1970-01-01T00:01:30.000Z', null]);
  });
});
