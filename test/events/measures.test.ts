import { expect } from 'chai';
import { toCompleted, toPercent, toSeconds } from '../../src/events/measures.js';

describe('the measures of events', () => {
  it('say 100 percent, and all of them, only when all is done', () => {
    expect([toPercent(0.99999), toPercent(1)]).to.deep.equal([99.99, 100]);
    expect([toCompleted(0.99999, 7148), toCompleted(1, 7148)]).to.deep.equal([7147, 7148]);
  });

  it('keep within their bounds, whatever a phase reports', () => {
    expect([toPercent(-0.1), toPercent(1.1)]).to.deep.equal([0, 100]);
    expect([toCompleted(-0.1, 10), toCompleted(1.1, 10), toCompleted(1, 0)]).to.deep.equal([0, 10, 0]);
  });

  it('are numbers also where nothing is known', () => {
    expect([toSeconds(null), toSeconds(-5), toSeconds(1234.5678)]).to.deep.equal([0, 0, 1.235]);
  });
});
