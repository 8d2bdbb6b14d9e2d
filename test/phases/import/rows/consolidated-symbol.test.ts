import { expect } from 'chai';
import { toCapitals } from '../../../../phases/import/rows/consolidated-symbol.js';

describe('a ticker of the consolidated tape', () => {
  for (const [given, expected] of Object.entries({
    AAPL: 'AAPL',
    'BRK.B': 'BRK.B',
    BACpK: 'BAC^K',
    TYp: 'TY^',
    CELGr: 'CELG.R',
    POSTw: 'POST.WI',
    BACpKw: 'BAC^K.WI',
    GLOrw: 'GLO.R.WI',
    'OXY.WS': 'OXY.WS',
    'OXY.WSw': 'OXY.WS.WI',
    'BACpA.CL': 'BAC^A.CL',
    // No ticker of the tape: whoever reads it refuses it as it is.
    aapl: 'aapl',
    power: 'power',
    'no such ticker': 'no such ticker',
  })) {
    it(`${given} is ${expected}`, () => {
      expect(toCapitals(given)).to.equal(expected);
    });
  }
});
