import { expect } from 'chai';
import {
  matchCompanies,
  type CompanyEvidence,
  type CompanyStock,
} from '../../../src/securities/companies/match-companies.js';

const NOTHING: CompanyEvidence = { cikOf: () => null, decisionOf: () => null, wasLead: () => false };

/** Cap in billions. */
function stock(symbol: string, name: string | null, cap: number): CompanyStock {
  return { symbol, name, marketCapUsd: cap * 1e9 };
}

/** `GOOGL: GOOGL GOOG`, by the class that stands for the company; then the doubts. */
function match(stocks: readonly CompanyStock[], evidence: Partial<CompanyEvidence> = {}): string[] {
  const { leads, doubts } = matchCompanies(
    stocks.toSorted((left, right) => right.marketCapUsd - left.marketCapUsd),
    { ...NOTHING, ...evidence },
  );
  const isOf = (company: string) => (symbol: string) => leads.get(symbol) === company;
  return [
    ...Array.from(new Set(leads.values()), (lead) => `${lead}: ${[...leads.keys()].filter(isOf(lead)).join(' ')}`),
    ...doubts.map(({ symbol, other }) => `${symbol} or ${other}?`),
  ];
}

describe('share classes of a company', () => {
  const SAME: readonly [string, ...CompanyStock[]][] = [
    [
      'class and capital stock',
      stock('GOOGL', 'Alphabet Inc. Class A Common Stock', 4000),
      stock('GOOG', 'Alphabet Inc. Class C Capital Stock', 3950),
    ],
    [
      'classes in the ticker',
      stock('BRK/A', 'Berkshire Hathaway Inc.', 1070),
      stock('BRK/B', 'Berkshire Hathaway Inc.', 1069),
    ],
    [
      'a class of one of them',
      stock('CENT', 'Central Garden & Pet Company Common Stock', 2.3),
      stock('CENTA', 'Central Garden & Pet Company Class A Common Stock Nonvoting', 2),
    ],
    [
      'series',
      stock('BATRK', 'Atlanta Braves Holdings Inc. Series C Common Stock', 2.9),
      stock('BATRA', 'Atlanta Braves Holdings Inc. Series A Common Stock', 3.1),
    ],
    [
      'no class, the same cap',
      stock('WLY', 'John Wiley & Sons Inc. Common Stock', 2.1),
      stock('WLYB', 'John Wiley & Sons Inc. Common Stock', 2),
    ],
    [
      'abbreviations and another order',
      stock('RUSHA', 'Rush Enterprises Inc. Common Stock Cl A', 5),
      stock('RUSHB', 'Rush Enterprises Inc. Class B', 4.8),
    ],
    [
      'a class that trades at two thirds',
      stock('METC', 'Ramaco Resources Inc. Class A Common Stock', 1.5),
      stock('METCB', 'Ramaco Resources Inc. Class B Common Stock', 1),
    ],
  ];
  for (const [title, first, second] of SAME) {
    it(`are found by name and market cap: ${title}`, () => {
      const [largest] = [first, second].toSorted(
        (left, right) => (right?.marketCapUsd ?? 0) - (left?.marketCapUsd ?? 0),
      );
      expect(match([first, second] as CompanyStock[])[0]).to.match(new RegExp(`^${largest?.symbol}: `));
    });
  }

  it('are three or more', () => {
    const classes = ['A', 'B', 'K'].map((letter, index) =>
      stock(`LBTY${letter}`, `Liberty Global Ltd. Class ${letter} Common Shares`, 4 - index * 0.1),
    );

    expect(match(classes)).to.deep.equal(['LBTYA: LBTYA LBTYB LBTYK']);
  });

  it('are doubtful with the same name and another market cap', () => {
    const banks = [
      stock('FBP', 'First BanCorp. New Common Stock', 3.5),
      stock('FBNC', 'First Bancorp Common Stock', 2.3),
    ];

    expect(match(banks)).to.deep.equal(['FBNC or FBP?']);
    expect(match(banks, { decisionOf: () => false })).to.deep.equal([]);
    expect(match(banks, { decisionOf: () => true })).to.deep.equal(['FBP: FBP FBNC']);
  });

  it('are decided by the identifier of the company, where there is one', () => {
    const ciks = new Map([
      ['FBP', '1057706'],
      ['FBNC', '811589'],
      ['ONE', '1'],
      ['TWO', '1'],
    ]);
    const stocks = [
      stock('FBP', 'First BanCorp. New Common Stock', 2.4),
      stock('FBNC', 'First Bancorp Common Stock', 2.3),
      stock('ONE', 'Some Media Corp Class A', 9),
      stock('TWO', 'Other Name of it Class B', 1),
    ];

    expect(match(stocks, { cikOf: (symbol) => ciks.get(symbol) ?? null })).to.deep.equal(['ONE: ONE TWO']);
  });

  it('go on to be represented by the same one when another becomes larger', () => {
    const classes = [
      stock('GOOG', 'Alphabet Inc. Class C Capital Stock', 4000),
      stock('GOOGL', 'Alphabet Inc. Class A Common Stock', 3950),
    ];

    expect(match(classes, { wasLead: (symbol) => symbol === 'GOOGL' })).to.deep.equal(['GOOGL: GOOG GOOGL']);
  });

  it('are none of companies that only begin alike, or have no name', () => {
    const stocks = [
      stock('A', 'Blue Owl Capital Corporation Common Stock', 5),
      stock('B', 'Blue Owl Capital Inc. Class A Common Stock', 5),
      stock('C', null, 5),
      stock('D', null, 5),
      stock('E', 'Unknown', 5),
      stock('F', 'Unknown', 5),
      stock('G', 'Common Stock', 5),
      stock('H', 'Common Stock', 5),
    ];

    expect(match(stocks)).to.deep.equal([]);
  });
});
