import { expect } from 'chai';
import { formatTable, type Column } from '../../src/cli/table.js';

const COLUMNS: readonly Column[] = [
  { title: 'symbol' },
  { title: 'name', narrow: 'cut' },
  { title: 'close', align: 'right', narrow: 'drop' },
  { title: 'why' },
];
const ROWS = [
  ['NVDA', 'A company with a long name indeed', '181.50', 'its market cap is above the limit of the band'],
  ['A', 'Short', '1.00', 'rank'],
];

const widthsOf = (text: string): number[] => text.split('\n').map((line) => line.length);

describe('a table', () => {
  it('shows every cell whole where nothing limits it', () => {
    const text = formatTable(COLUMNS, ROWS);

    expect(text.split('\n')).to.deep.equal([
      '  symbol  name                                close  why',
      '  NVDA    A company with a long name indeed  181.50  its market cap is above the limit of the band',
      '  A       Short                                1.00  rank',
    ]);
  });

  it('leaves out what can be left out first, then cuts', () => {
    expect(formatTable(COLUMNS, ROWS, 95).split('\n')).to.deep.equal([
      '  symbol  name                               why',
      '  NVDA    A company with a long name indeed  its market cap is above the limit of the band',
      '  A       Short                              rank',
    ]);
    expect(formatTable(COLUMNS, ROWS, 80).split('\n')).to.deep.equal([
      '  symbol  name                     why',
      '  NVDA    A company with a long …  its market cap is above the limit of the band',
      '  A       Short                    rank',
    ]);
  });

  it('wraps the last column between words where that is not enough', () => {
    expect(formatTable(COLUMNS, ROWS, 60).split('\n')).to.deep.equal([
      '  symbol  name          why',
      '  NVDA    A company w…  its market cap is above the limit of',
      '                        the band',
      '  A       Short         rank',
    ]);
    expect(Math.max(...widthsOf(formatTable(COLUMNS, ROWS, 44)))).to.be.at.most(44);
  });

  it('breaks a word that is longer than its column, so that nothing of it is lost', () => {
    const path = `/srv/${'long'.repeat(12)}`;

    const text = formatTable([{ title: '' }, { title: '' }], [['Data', path]], 40);

    expect(Math.max(...widthsOf(text))).to.be.at.most(40);
    expect(text.replaceAll(/\s+/g, '')).to.equal(`Data${path}`);
  });

  it('measures wide characters as a terminal shows them', () => {
    const rows = [
      ['6758', 'ソニーグループ株式会社', 'x'],
      ['A', 'Agilent', 'y'],
    ];

    expect(formatTable([{ title: '' }, { title: '' }, { title: '' }], rows).split('\n')).to.deep.equal([
      '  6758  ソニーグループ株式会社  x',
      '  A     Agilent                 y',
    ]);
  });

  it('keeps control characters of a feed away from the terminal', () => {
    expect(formatTable([{ title: '' }], [['a\u001b[31m\nb']])).to.equal('  a [31m b');
  });
});
