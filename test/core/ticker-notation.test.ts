import { expect } from 'chai';
import { listNotations } from '../../src/core/ticker-notation.js';

describe('notations of a ticker', () => {
  it('are three of a share class, the given one first', () => {
    expect(listNotations('BRK/B')).to.deep.equal(['BRK/B', 'BRK.B', 'BRK-B']);
    expect(listNotations('BRK-B')).to.deep.equal(['BRK-B', 'BRK/B', 'BRK.B']);
  });

  it('are one of everything else', () => {
    for (const symbol of ['AAPL', 'BAC^K', 'ABC.WS', 'A.B.C', 'brk/b', '/B', 'BRK/', ''])
      expect(listNotations(symbol)).to.deep.equal([symbol]);
  });
});
