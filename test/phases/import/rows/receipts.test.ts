import { expect } from 'chai';
import { classifySecurity, type SecurityType } from '../../../../phases/import/rows/security-type.js';

/** Country of the issuer, name as in the feed, type as judged by hand. */
const FOREIGN: readonly (readonly [string, string, SecurityType])[] = [
  ['Japan', 'Example Motor Corporation Common Stock', 'ADRC'],
  ['South Korea', 'Example Steel Co. Ltd.', 'ADRC'],
  ['Brazil', 'Example Energia S.A.', 'ADRC'],
  ['Brazil', 'Example Minerals Corporation Common Stock', 'CS'],
  ['Brazil', 'Example Ltda. Class A Common Shares', 'CS'],
  ['Argentina', 'Example Inc. Common Stock', 'CS'],
  ['India', 'Example Limited Ordinary Shares', 'CS'],
  ['Japan', 'Example Co. Ltd. 3 % Notes due 2030', 'SP'],
  ['Canada', 'Example Mining Ltd.', 'CS'],
];

describe('a security of another country', () => {
  for (const [country, name, type] of FOREIGN) {
    it(`takes ${name}, ${country}, for ${type}`, () => {
      expect(classifySecurity({ symbol: 'XMPL', name, country })).to.equal(type);
    });
  }
});
