import { expect } from 'chai';
import fc from 'fast-check';
import { parseScreenerRow } from '../../../../phases/import/screener/screener-row.js';
import { APPLE } from '../screener-folders.js';
import { PLACE, rejectedOf } from './parsed-row.js';

describe('any screener row', () => {
  it('keeps what was refused as it came, cut where it is endless', () => {
    const row = rejectedOf({ ...APPLE, lastsale: 'ten', name: `\0${'😀'.repeat(10_000)}` });

    expect(JSON.parse(rejectedOf({ ...APPLE, lastsale: 'ten' }).raw)).to.deep.equal({ ...APPLE, lastsale: 'ten' });
    expect(row.raw.length).to.be.at.most(8000);
    expect(row.raw).to.not.include('\0');
  });

  it('is refused, not fatal, when it is nested deeper than can be shown', () => {
    let nested: unknown = 'AAPL';
    for (let depth = 0; depth < 200_000; depth += 1) nested = [nested];

    expect(rejectedOf(nested).reason).to.equal('NOT_A_ROW');
    expect(rejectedOf({ ...APPLE, symbol: nested }).reason).to.equal('SYMBOL_INVALID');
  });

  it('never throws, whatever it is', () => {
    const value = fc.oneof(
      fc.anything(),
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.constantFrom(...Object.values(APPLE)),
    );
    const anything = fc.record(Object.fromEntries(Object.keys(APPLE).map((name) => [name, value])), {
      requiredKeys: [],
    });

    fc.assert(
      fc.property(fc.oneof(anything, fc.jsonValue()), (raw) => {
        const parsed = parseScreenerRow(raw, PLACE);
        if ('rejected' in parsed) return;
        const { symbol, bar } = parsed.listing;
        expect(symbol.symbol).to.match(/^[A-Z0-9].{0,19}$/);
        expect(bar?.close).to.be.within(0.000001, 10_000_000);
        expect(Number.isSafeInteger(bar?.volume)).to.equal(true);
      }),
    );
  });
});
