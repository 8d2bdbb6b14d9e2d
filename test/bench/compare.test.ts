import { expect } from 'chai';
import { collectFigures, formatComparison } from '../../bench/support/compare.js';
import type { Figure } from '../../bench/support/figures.js';

describe('figures of two revisions', () => {
  it('are compared pair by pair: the median of the ratios, the middle half and all of them', () => {
    const report = (title: string, value: number) => [{ title, figures: [figure('evening', value)] }];
    const here = [100, 200, 330, 90, 500].map((value) => report('7,190 symbols', value));
    const there = [200, 200, 300, 100, 400].map((value) => report('7,182 symbols', value));

    const table = formatComparison(collectFigures(here, there), 'abc1234');

    // The pairs' ratios are 0.5, 1, 1.1, 0.9 and 1.25; the medians of the times are 200 and 200.
    const [, title, , row] = table.split('\n');
    expect(title).to.equal('7,190 symbols');
    expect(row?.split(/ {2,}/)).to.deep.equal(['evening', '200 ms', '200 ms', '1.00×', '0.90–1.10', '0.50–1.25']);
  });

  it('are left out where one revision does not have them, and without a ratio where it would be one to zero', () => {
    const here = [[{ title: 'replay', figures: [figure('corrected', 0), figure('new here', 5)] }]];
    const there = [[{ title: 'replay', figures: [figure('corrected', 0), figure('gone', 7)] }]];

    const compared = collectFigures(here, there);

    expect(compared.map(({ name }) => name)).to.deep.equal(['corrected']);
    expect(formatComparison(compared, 'abc1234')).to.match(/corrected +0 ms +0 ms +–$/);
  });
});

function figure(name: string, value: number): Figure {
  return { name, value, unit: 'ms' };
}
