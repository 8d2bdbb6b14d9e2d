import { expect } from 'chai';
import { APPLE } from '../screener-folders.js';
import { listingOf, rejectedOf } from './parsed-row.js';

describe('a screener row', () => {
  it('becomes a listing with its bar', () => {
    expect(listingOf(APPLE)).to.deep.equal({
      origin: 'nasdaq.json.gz',
      rowNumber: 7,
      symbol: {
        symbol: 'AAPL',
        name: 'Apple Inc. Common Stock',
        exchange: 'NASDAQ',
        type: 'CS',
        active: true,
        marketCapUsd: 4_249_933_332_160,
        sharesOutstanding: null,
        sector: 'Technology',
        industry: 'Computer Manufacturing',
        country: 'United States',
        listDate: null,
        delistedDate: null,
        etf: null,
      },
      bar: { symbol: 'AAPL', date: '2026-06-30', open: null, high: null, low: null, close: 289.36, volume: 65_042_961 },
      // The change of 7.62 taken off the close.
      quote: { previousClose: 281.74, isFirstDay: false, listingYear: 1980 },
    });
  });

  for (const [text, close] of [
    ['$745140.030000000028', 745140.03],
    ['$727880.589999999967', 727880.59],
    ['$0.0001', 0.0001],
    ['$1,234.50', 1234.5],
    [' $13.90 ', 13.9],
    ['13.9', 13.9],
    [13.9, 13.9],
    ['$.5', 0.5],
    ['1e2', 100],
    ['$10000000', 10_000_000],
  ] as const) {
    it(`reads the price ${JSON.stringify(text)} as ${close}`, () => {
      expect(listingOf({ ...APPLE, lastsale: text }).bar?.close).to.equal(close);
    });
  }

  for (const value of [
    'ten',
    '',
    '$',
    '+',
    '$-1.00',
    '-5',
    '0',
    '$0.00',
    0,
    -1,
    'NaN',
    'Infinity',
    '0x10',
    '1.2.3',
    null,
  ]) {
    it(`is refused for the price ${JSON.stringify(value)}`, () => {
      const row = rejectedOf({ ...APPLE, lastsale: value });

      expect(row.reason).to.equal('PRICE_INVALID');
      expect(row.detail).to.include(JSON.stringify(value)).and.include('above zero');
    });
  }

  for (const value of [undefined, {}, [], true]) {
    it(`is refused for ${JSON.stringify(value) ?? 'nothing'} as a price`, () => {
      expect(rejectedOf({ ...APPLE, lastsale: value }).reason).to.equal('PRICE_INVALID');
    });
  }

  for (const value of ['1e300', 1e300, '$10000000.01', '0.0000004']) {
    it(`is refused for the price ${value}, which no share has`, () => {
      const row = rejectedOf({ ...APPLE, lastsale: value });

      expect(row).to.include({ reason: 'PRICE_OUT_OF_RANGE', symbol: 'AAPL', rowNumber: 7, origin: 'nasdaq.json.gz' });
      expect(row.detail).to.include('0.000001 to 10000000');
    });
  }

  for (const [text, symbol] of [
    ['ECC           ', 'ECC'],
    ['\tBRK/A\n', 'BRK/A'],
    ['JPM^K', 'JPM^K'],
    ['A'.repeat(20), 'A'.repeat(20)],
  ] as const) {
    it(`reads the symbol ${JSON.stringify(text)} as ${symbol}`, () => {
      const { symbol: record, bar } = listingOf({ ...APPLE, symbol: text });

      expect([record.symbol, bar?.symbol]).to.deep.equal([symbol, symbol]);
    });
  }

  for (const value of [
    '',
    '   ',
    'aapl',
    'A'.repeat(21),
    'A'.repeat(300),
    'A"B',
    `A'B`,
    'A B',
    '😀',
    'A\0',
    'A\tB',
    'Ａ',
    '^A',
    'A;drop',
    5,
    null,
    ['AAPL'],
    { symbol: 'AAPL' },
  ]) {
    it(`is refused for the symbol ${JSON.stringify(value).slice(0, 40)}`, () => {
      const row = rejectedOf({ ...APPLE, symbol: value });

      expect(row.reason).to.equal('SYMBOL_INVALID');
      expect(row.detail.length).to.be.below(200);
    });
  }

  for (const [text, name] of [
    ['Starry Sea Acquisition Corp\tOrdinary Shares', 'Starry Sea Acquisition Corp Ordinary Shares'],
    ['  Two   Spaces  ', 'Two Spaces'],
    ['Nul\0l', 'Nul l'],
    ['Bell\u0007\u007f Inc', 'Bell Inc'],
    ['Emoji 😀 Inc', 'Emoji 😀 Inc'],
    ['Half \ud83d Inc', 'Half \ufffd Inc'],
    ['N'.repeat(300), 'N'.repeat(300)],
    ['', null],
    [' \n ', null],
    [null, null],
    [7, null],
  ] as const) {
    it(`reads the name ${JSON.stringify(text)?.slice(0, 40)} as ${JSON.stringify(name).slice(0, 40)}`, () => {
      expect(listingOf({ ...APPLE, name: text }).symbol.name).to.equal(name);
    });
  }

  for (const [value, cap] of [
    ['66410099.00', 66_410_099],
    ['66410099.50', 66_410_100],
    ['0.00', null],
    ['', null],
    ['  ', null],
    [null, null],
    [undefined, null],
    [4_249_933_332_160, 4_249_933_332_160],
    ['4,249,933', 4_249_933],
  ] as const) {
    it(`reads the market cap ${JSON.stringify(value)} as ${cap}`, () => {
      expect(listingOf({ ...APPLE, marketCap: value }).symbol.marketCapUsd).to.equal(cap);
    });
  }

  for (const value of ['-1', -5, '1e300', '99999999999999999999', 'much', {}]) {
    it(`is refused for the market cap ${JSON.stringify(value)}`, () => {
      expect(rejectedOf({ ...APPLE, marketCap: value }).reason).to.equal('MARKET_CAP_INVALID');
    });
  }

  for (const value of ['-1', 'many', '1e300', []]) {
    it(`is refused for the volume ${JSON.stringify(value)}`, () => {
      expect(rejectedOf({ ...APPLE, volume: value }).reason).to.equal('VOLUME_INVALID');
    });
  }

  for (const value of [null, 1, 'AAPL', true, [], [['AAPL']], [{ ...APPLE }], undefined]) {
    it(`is refused as a row when it is ${JSON.stringify(value) ?? 'absent'}`.slice(0, 70), () => {
      expect(rejectedOf(value)).to.include({ reason: 'NOT_A_ROW', symbol: null });
    });
  }

  it('is listed that day when its change is its price and there is no percentage, and its year does not say otherwise', () => {
    const first = { ...APPLE, symbol: 'ELLA', lastsale: '$24.81', netchange: '24.81', pctchange: '', ipoyear: '' };

    expect(listingOf(first).symbol.listDate).to.equal('2026-06-30');
    expect(listingOf({ ...first, ipoyear: '2026' }).symbol.listDate).to.equal('2026-06-30');
    expect(listingOf({ ...first, ipoyear: '1993' }).symbol.listDate).to.equal(null);
    expect(listingOf({ ...first, netchange: '0.02' }).symbol.listDate).to.equal(null);
    expect(listingOf({ ...first, pctchange: '0.5%' }).symbol.listDate).to.equal(null);
  });

  describe('with a placeholder (case 07)', () => {
    for (const text of ['NA', 'N/A', 'n/a', '--', 'null']) {
      it(`${text} did not trade where it is the price, and keeps its other fields`, () => {
        const listing = listingOf({ ...APPLE, lastsale: text, netchange: '', pctchange: '', volume: '0' });

        expect(listing.bar).to.equal(null);
        expect(listing.quote).to.include({ previousClose: null, isFirstDay: false });
        expect(listing.symbol).to.include({ name: 'Apple Inc. Common Stock', listDate: null });
      });

      it(`${text} is unknown in every other field`, () => {
        const unknown = { marketCap: text, volume: text, sector: text, industry: text, country: text, ipoyear: text };

        const { bar, symbol, quote } = listingOf({ ...APPLE, ...unknown });

        expect(bar).to.include({ close: 289.36, volume: 0 });
        expect(symbol).to.include({ marketCapUsd: null, sector: null, industry: null, country: null });
        expect(quote).to.include({ listingYear: null, previousClose: 281.74 });
      });
    }
  });

  for (const [change, previous] of [
    ['+0.10', 289.26],
    ['(0.10)', 289.46],
    ['\u22120.10', 289.46],
    ['-$0.10', 289.46],
    [-0.1, 289.46],
    ['1,0', null],
  ] as const) {
    it(`has the previous close ${previous} for the change ${change}`, () => {
      expect(listingOf({ ...APPLE, netchange: change }).quote?.previousClose).to.equal(previous);
    });
  }

  it('reads commas between groups of three, and refuses any other', () => {
    const { bar, symbol } = listingOf({ ...APPLE, lastsale: '$1,234.56', marketCap: '4,249,933,332,160.00' });

    expect(bar?.close).to.equal(1234.56);
    expect(symbol.marketCapUsd).to.equal(4_249_933_332_160);
    for (const lastsale of ['$12,50', '1.234,56', '$1,23', '1,2345'])
      expect(rejectedOf({ ...APPLE, lastsale }).reason).to.equal('PRICE_INVALID');
  });
});
