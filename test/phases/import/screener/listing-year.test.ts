import { expect } from 'chai';
import { parseScreenerRow } from '../../../../phases/import/screener/screener-row.js';
import { parseSessionDate } from '../../../../src/core/session.js';
import { APPLE } from '../screener-folders.js';

describe('the listing year of a screener row', () => {
  const place = { origin: 'nasdaq.json', rowNumber: 1, exchange: 'NASDAQ', session: parseSessionDate('2026-06-30') };
  for (const [ipoyear, year] of [
    ['1980', 1980],
    [' 2026 ', 2026],
    [1980, 1980],
    ['', null],
    [undefined, null],
    ['unknown', null],
    ['1980.5', null],
    ['1791', null],
    ['19800', null],
    [-1980, null],
  ] as const) {
    it(`is ${year} for ${JSON.stringify(ipoyear)}`, () => {
      const parsed = parseScreenerRow({ ...APPLE, ipoyear }, { ...place, maxPriceUsd: 10_000_000 });

      expect('listing' in parsed && parsed.listing.quote?.listingYear).to.equal(year);
    });
  }
});
