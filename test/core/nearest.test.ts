import { expect } from 'chai';
import { nearestName } from '../../src/core/nearest.js';

describe('nearestName', () => {
  it('finds a name with a letter missing, doubled, wrong or swapped with its neighbour', () => {
    const names = ['poolSize', 'dataDir', 'url'];

    expect(nearestName('poolSze', names)).to.equal('poolSize');
    expect(nearestName('dataaDir', names)).to.equal('dataDir');
    expect(nearestName('uri', names)).to.equal('url');
    expect(nearestName('ulr', names)).to.equal('url');
    expect(nearestName('POOLSIZE', names)).to.equal('poolSize');
  });

  it('suggests nothing for a name that is like none', () => {
    expect(nearestName('colour', ['poolSize', 'url'])).to.equal(undefined);
    expect(nearestName('ab', ['cd'])).to.equal(undefined);
    expect(nearestName('anything', [])).to.equal(undefined);
  });
});
