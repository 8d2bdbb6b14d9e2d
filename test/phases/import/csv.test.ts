import { appendFileSync, existsSync, mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { readRecords } from '../../../phases/import/csv/read-records.js';
import type { Listing } from '../../../phases/import/source.js';
import { MONDAY, TUESDAY, useCsv } from './csv-fixture.js';

const HEADER = 'date,symbol,open,high,low,close,volume';
const AAPL = '2026-06-30,AAPL,287,291.5,286.2,289.36,65042961';
const FORD = '2026-06-30,F,14,14.1,13.8,13.9,59291673';

describe('the csv source', () => {
  const { folder, write, open, read, fail } = useCsv();
  const barsOf = ({ listings }: { listings: readonly Listing[] }) => listings.map(({ bar }) => bar);
  const symbolsOf = ({ listings }: { listings: readonly Listing[] }) => listings.map(({ symbol }) => symbol.symbol);
  const APPLE_BAR = {
    symbol: 'AAPL',
    date: TUESDAY,
    open: 287,
    high: 291.5,
    low: 286.2,
    close: 289.36,
    volume: 65042961,
  };

  describe('finds the rows of a session', () => {
    it('in one file with many, also packed, whatever their order', async () => {
      const monday = AAPL.replace('06-30', '06-29').replace('289.36', '288');
      const dir = write({ 'all.csv.gz': gzipSync([HEADER, AAPL, monday, FORD].join('\n')) });

      for (const place of [dir, join(dir, 'all.csv.gz')]) {
        const source = open({}, place);
        expect(symbolsOf(await read(source))).to.deep.equal(['AAPL', 'F']);
        expect(barsOf(await read(source, MONDAY)).map((bar) => bar?.close)).to.deep.equal([288]);
      }
    });

    it('in files that are named after it, below other folders, of several exchanges', async () => {
      const dir = write({
        '2026/06/2026-06-29.csv': [HEADER, AAPL.replace('06-30', '06-29')],
        '2026/06/nyse_20260630.csv': [HEADER, FORD],
        '2026/06/nasdaq_20260630.tsv.gz': gzipSync([HEADER, AAPL].join('\n').replaceAll(',', '\t')),
        'notes.csv': ['not,of,any,session'],
        '.hidden.csv': ['x'],
      });

      const found = await read(open({}, dir));

      expect(symbolsOf(found)).to.have.members(['AAPL', 'F']);
      expect(found.rejected).to.deep.equal([]);
    });

    it('in a file named after it that has no column for the date', async () => {
      write({ '2026-06-30.csv': ['symbol,close', 'AAPL,289.36'] });

      expect(barsOf(await read(open()))).to.deep.equal([
        { ...APPLE_BAR, open: null, high: null, low: null, volume: 0 },
      ]);
    });

    it('again when a file has changed', async () => {
      write({ 'all.csv': [HEADER, AAPL] });
      const source = open();
      const before = await read(source);
      appendFileSync(join(folder(), 'all.csv'), `${FORD}\n`);

      expect(symbolsOf(before)).to.deep.equal(['AAPL']);
      expect(symbolsOf(await read(source))).to.deep.equal(['AAPL', 'F']);
    });

    it('and names the nearest where there are none', async () => {
      write({ 'all.csv': [HEADER, AAPL.replace('06-30', '06-26')] });
      const error = await fail(open());
      write({ 'all.csv': [HEADER], '2026-06-26.csv': [HEADER, AAPL.replace('06-30', '06-26')] });
      const dated = await fail(open());

      for (const { code, message, hint } of [error, dated]) {
        expect(code).to.equal('EOD_SOURCE_MISSING');
        expect(message).to.include('has no rows of 2026-06-30');
        expect(hint).to.include('nearest: --session 2026-06-26');
      }
      for (const source of [open(), open({}, '/nowhere')]) {
        const refusal = await source.assertAvailable(TUESDAY).catch((found: unknown) => found);
        expect(refusal).to.include({ code: 'EOD_SOURCE_MISSING' });
      }
    });

    it('before the run begins only as far as a moment allows: not in a file that was written before the session', async () => {
      write({ 'all.csv': [HEADER, AAPL.replace('06-30', '06-26')] });
      const path = join(folder(), 'all.csv');
      const source = open();
      const refusalOf = () => source.assertAvailable(TUESDAY).catch((error: unknown) => error);
      utimesSync(path, new Date('2026-06-26T20:30:00Z'), new Date('2026-06-26T20:30:00Z'));
      const old = await refusalOf();
      utimesSync(path, new Date('2026-06-30T20:30:00Z'), new Date('2026-06-30T20:30:00Z'));
      const written = await refusalOf();
      await fail(source);
      const known = await refusalOf();

      expect(old).to.include({ code: 'EOD_SOURCE_MISSING' });
      expect((old as Error).message).to.include('was last written on 2026-06-26, before the session 2026-06-30');
      expect(written).to.equal(undefined);
      expect((known as Error).message).to.include('has no rows of 2026-06-30');
    });

    it('in a file that is named after a range, as one with many', async () => {
      const dir = write({ 'bars_20260601_20260630.csv': [HEADER, AAPL] });

      expect(symbolsOf(await read(open({}, dir)))).to.deep.equal(['AAPL']);
    });

    it('and names rows of days on which the exchange was closed', async () => {
      write({ 'all.csv': [HEADER, AAPL, AAPL.replace('06-30', '07-04'), FORD.replace('06-30', '07-05')] });

      const { warnings } = await read(open());

      expect(warnings).to.deep.equal([
        '2 rows of days on which the exchange was closed are not read, the first of 2026-07-04',
      ]);
    });
  });

  describe('reads the form of a file', () => {
    const forms: Readonly<Record<string, readonly [text: string, csv?: object]>> = {
      'a byte order mark, Windows ends of line and quotes': [
        `\ufeff"${HEADER.replaceAll(',', '","')}"\r\n${AAPL}\r\n\r\n`,
      ],
      'columns in another order, and some that are unknown': [
        'Volume,Ticker,note,Last,Low,High,Open,Trade Date\n65042961,AAPL,"a, b",289.36,286.2,291.5,287,2026-06-30',
      ],
      'semicolons, decimal commas and German dates': [
        'Datum;Symbol;Open;High;Low;Close;Volume\n30.06.2026;AAPL;287;291,5;286,2;289,36;65.042.961',
        { decimal: 'comma', dateFormat: 'DD.MM.YYYY', columns: { date: 'Datum' } },
      ],
      'American dates': [`${HEADER}\n${AAPL.replace('2026-06-30', '6/30/2026')}`, { dateFormat: 'MM/DD/YYYY' }],
      'dates without hyphens': [`${HEADER}\n${AAPL.replaceAll('2026-06-30', '20260630')}`],
      'Unix time of midnight in New York': [`${HEADER}\n${AAPL.replace('2026-06-30', '1782792000')}`],
      'Unix time in milliseconds of midnight UTC': [`${HEADER}\n${AAPL.replace('2026-06-30', '1782777600000')}`],
      'no header line': [AAPL, { header: HEADER.split(',') }],
      'a header line in the middle': [[HEADER, AAPL, HEADER].join('\n')],
      'a separator at the end of every line': [[HEADER, AAPL].map((line) => `${line},\n`).join('')],
      'a suffix of symbols': [`${HEADER}\n${AAPL.replace('AAPL', 'AAPL.us')}`, { symbolSuffix: '.US' }],
      'pipes and a setting': [`${HEADER}\n${AAPL}`.replaceAll(',', '|'), { delimiter: 'pipe' }],
    };
    for (const [what, [text, csv]] of Object.entries(forms)) {
      it(`with ${what}`, async () => {
        write({ 'bars.csv': text });

        const found = await read(open(csv));

        expect(found.rejected).to.deep.equal([]);
        expect(barsOf(found)).to.deep.equal([APPLE_BAR]);
      });
    }

    it('of Massive: nanoseconds, one file a session', async () => {
      write({
        '2026/06/2026-06-30.csv.gz': gzipSync(
          'ticker,volume,open,close,high,low,window_start,transactions\n' +
            'AAPL,65042961,287,289.36,291.5,286.2,1782792000000000000,712345\n',
        ),
      });

      expect(barsOf(await read(open({ preset: 'massive' })))).to.deep.equal([APPLE_BAR]);
    });

    it('of Stooq: its database files and downloads of one symbol', async () => {
      write({
        'data/daily/us/aapl.us.txt':
          '<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n' +
          'AAPL.US,D,20260630,000000,287,291.5,286.2,289.36,65042961,0\n',
        'f_us_d.csv': 'Date,Open,High,Low,Close,Volume\n2026-06-30,14,14.1,13.8,13.9,59291673\n',
      });

      const found = await read(open({ preset: 'stooq' }));

      expect(barsOf(found)[0]).to.deep.equal(APPLE_BAR);
      expect(symbolsOf(found)).to.deep.equal(['AAPL', 'F']);
      expect(found.warnings.join()).to.include('Stooq adjusts prices for splits and dividends');
    });

    it('of Yahoo: a file a symbol, whose adjusted close is not read', async () => {
      write({
        'AAPL.csv': 'Date,Open,High,Low,Close,Adj Close,Volume\n2026-06-30,287,291.5,286.2,289.36,201.5,65042961\n',
      });

      const found = await read(open({ preset: 'yahoo' }));

      expect(barsOf(found)).to.deep.equal([APPLE_BAR]);
      expect(found.warnings.join()).to.include('Yahoo adjusts prices for splits');
    });

    it('and names what is nowhere, what is there twice and what is misspelled in the settings', async () => {
      const messages: string[] = [];
      for (const [header, csv] of [
        ['when,what,price', {}],
        ['date,symbol,close,Last', {}],
        ['date,symbol,close', { columns: { volume: 'Vol.' } }],
      ] as const) {
        write({ 'bars.csv': [header, '1,2,3,4'] });
        const { code, message, hint = '' } = await fail(open(csv));
        expect(code).to.equal('EOD_SOURCE_INVALID');
        messages.push(`${message}: ${hint}`);
      }

      expect(messages[0])
        .to.include('bars.csv has no column for the close and the date')
        .and.include('when, what, price');
      expect(messages[1]).to.include('"close" and "Last" could both be close').and.include('import.csv.columns.close');
      expect(messages[2]).to.include('no column "Vol." for volume').and.include('date, symbol, close');
    });
  });

  describe('reads what is stated beside the bar', () => {
    it('of the session before, and the mark of a first day', async () => {
      write({
        'bars.csv': [
          'date,symbol,close,change,listing_year,list_date',
          '2026-06-30,UP,10,0.5,,',
          '2026-06-30,NEW,10,10,,',
          '2026-06-30,BACK,10,10,1999,',
          '2026-06-30,OLD,10,10,,2020-05-04',
        ],
      });

      const { listings } = await read(open());

      expect(
        listings.map(({ quote, symbol }) => [symbol.symbol, quote?.previousClose, quote?.isFirstDay, symbol.listDate]),
      ).to.deep.equal([
        ['UP', 9.5, false, null],
        ['NEW', null, true, TUESDAY],
        ['BACK', null, false, null],
        ['OLD', null, false, '2020-05-04'],
      ]);
    });

    it('of the symbol, in the row or in the reference file, where the row counts first', async () => {
      write({
        'bars.csv': [
          'date,symbol,close,sector',
          '2026-06-30,AAPL,289.36,Technology',
          '2026-06-30,SPY,600,',
          '2026-06-30,X,1,',
        ],
        'facts/reference.csv': [
          'Symbol;Company Name;Type;Exchange;Sector;Shares Outstanding;Market Cap;IPO Date;Country',
          'AAPL;Apple Inc. Common Stock;;nasdaq;Other;14687356000;4249933332160;1980-12-12;United States',
          'SPY;SPDR S&P 500;ETF;AMEX;;;0;;',
        ],
      });

      const { listings } = await read(open({ reference: join(folder(), 'facts/reference.csv') }));

      const [apple, spy, unknown] = listings.map(({ symbol }) => symbol);
      expect(apple).to.include({
        name: 'Apple Inc. Common Stock',
        type: 'CS',
        exchange: 'NASDAQ',
        sector: 'Technology',
        sharesOutstanding: 14687356000,
        marketCapUsd: 4249933332160,
        listDate: '1980-12-12',
      });
      expect(spy).to.include({ type: 'ETF', marketCapUsd: null });
      expect(unknown).to.include({ name: null, type: null, exchange: null });
    });

    it('of its type: as stated anywhere, before what its name says', async () => {
      write({
        'bars.csv': [
          'date,symbol,close,name',
          '2026-06-30,SPY,600,SPDR S&P 500',
          '2026-06-30,AAPL,289,',
          '2026-06-30,PFD,25,',
        ],
        'facts/r.csv': [
          'symbol,type,name',
          'SPY,ETF,',
          'AAPL,,Apple Inc. Common Stock',
          'PFD,,Bank Inc. 5% Preferred Stock',
        ],
      });

      const { listings } = await read(open({ reference: join(folder(), 'facts/r.csv') }));

      expect(listings.map(({ symbol }) => symbol.type)).to.deep.equal(['ETF', 'CS', 'PFD']);
    });

    it('and refuses a reference file with a row that cannot be read: its symbol would leave universes', async () => {
      write({
        'bars.csv': [HEADER, AAPL],
        'reference/r.csv': ['symbol,market_cap', 'AAPL,4T'],
        'reference/dates.csv': ['symbol,list_date', 'AAPL,12/12/1980'],
      });

      const { code, message } = await fail(open({ reference: join(folder(), 'reference/r.csv') }));
      const dates = await fail(open({ reference: join(folder(), 'reference/dates.csv') }));

      expect(code).to.equal('EOD_SOURCE_INVALID');
      expect(dates.message).to.equal('row 2 of dates.csv: listDate is "12/12/1980"; the format is auto');
      expect(message).to.equal(
        'row 2 of r.csv: marketCap is "4T"; allowed is a number from 0 to 9007199254740991, or blank',
      );
    });
  });

  describe('refuses a row, names it and keeps the others', () => {
    const rows: readonly (readonly [row: string, reason: string, detail: string])[] = [
      ['2026-06-30,BAD,14,13,14.5,13.9,1', 'PRICE_INVALID', 'high is 13 and low is 14.5'],
      ['2026-06-30,BAD,14,15,13,16,1', 'PRICE_INVALID', 'close is 16, outside low 13 and high 15'],
      ['2026-06-30,BAD,,,,0,1', 'PRICE_INVALID', 'close is "0"'],
      ['2026-06-30,BAD,,,,-3,1', 'PRICE_INVALID', 'close is "-3"'],
      ['2026-06-30,BAD,,,,1e9,1', 'PRICE_OUT_OF_RANGE', 'close is "1e9"'],
      ['2026-06-30,BAD,,,,3,9007199254740993', 'VOLUME_INVALID', 'volume is "9007199254740993"'],
      ['2026-06-30,b d,,,,3,1', 'SYMBOL_INVALID', 'symbol is "b d"'],
      ['2026-06-30,BAD,3', 'NOT_A_ROW', 'the row has 3 columns, the header 7'],
      ['2026-06-30,BAD,3,3,3,3,3,3,3', 'NOT_A_ROW', 'the row has 9 columns, the header 7'],
      ['30 June,BAD,,,,3,1', 'NOT_A_ROW', 'date is "30 June"'],
      ['2026-06-31,BAD,,,,3,1', 'NOT_A_ROW', 'date is "2026-06-31"'],
    ];
    for (const [row, reason, detail] of rows) {
      it(`${reason}: ${row}`, async () => {
        write({ 'bars.csv': [HEADER, AAPL, row, FORD] });

        const { listings, rejected } = await read(open());

        expect(symbolsOf({ listings })).to.deep.equal(['AAPL', 'F']);
        expect(rejected).to.have.lengthOf(1);
        expect(rejected[0]).to.include({ origin: 'bars.csv', rowNumber: 3, reason });
        expect(rejected[0]?.detail).to.include(detail);
      });
    }

    it('SYMBOL_DUPLICATE: of two rows of one symbol', async () => {
      write({ '2026-06-30.csv': [HEADER, FORD, FORD.replace('59291673', '1')], 'copy-2026-06-30.csv': [HEADER, AAPL] });

      const { listings, rejected } = await read(open());

      expect(symbolsOf({ listings })).to.have.members(['F', 'AAPL']);
      expect(rejected.map(({ reason }) => reason)).to.deep.equal(['SYMBOL_DUPLICATE']);
    });

    it('NOT_A_ROW: of another day in a file that is named after its session', async () => {
      write({ '2026-06-30.csv': [HEADER, AAPL, FORD.replace('06-30', '06-29')] });

      const { rejected } = await read(open());

      expect(rejected.map(({ detail }) => detail)).to.deep.equal(['the row is of 2026-06-29, the file of 2026-06-30']);
    });
  });

  describe('refuses a file', () => {
    const files: Readonly<
      Record<string, readonly [files: Record<string, string | Uint8Array>, code: string, message: RegExp]>
    > = {
      'that is cut in the middle of its gzip': [
        { 'bars.csv.gz': gzipSync([HEADER, AAPL, FORD].join('\n')).subarray(0, 60) },
        'EOD_SOURCE_INVALID',
        /^bars\.csv\.gz is not complete gzip: unexpected end of file$/,
      ],
      'that is no gzip': [
        { 'bars.csv.gz': 'date,symbol' },
        'EOD_SOURCE_INVALID',
        /is not complete gzip: incorrect header check/,
      ],
      'of zeros without an end': [
        { 'bars.csv.gz': gzipSync(Buffer.alloc(5_000_000)) },
        'EOD_SOURCE_INVALID',
        /^bars\.csv\.gz has a line of more than 100000 characters$/,
      ],
      'with a quote that is never closed': [
        { 'bars.csv': `${HEADER}\n"${AAPL}\n${FORD}` },
        'EOD_SOURCE_INVALID',
        /^bars\.csv has a quote that is never closed$/,
      ],
      'that is empty': [{ 'bars.csv': '' }, 'EOD_SOURCE_INVALID', /^bars\.csv is empty$/],
      'that is there twice, packed and not': [
        { '2026-06-30.csv': AAPL, '2026-06-30.csv.gz': gzipSync(AAPL) },
        'EOD_SOURCE_INVALID',
        /^2026-06-30\.csv and 2026-06-30\.csv\.gz are the same file twice$/,
      ],
      'without a row of the session that it is named after': [
        { '2026-06-30.csv': `${HEADER}\n${AAPL.replace('06-30', '06-29')}` },
        'EOD_SOURCE_MISMATCH',
        /^no row of 2026-06-30\.csv is of 2026-06-30$/,
      ],
      'without rows': [{ '2026-06-30.csv': HEADER }, 'EOD_SOURCE_INVALID', /^2026-06-30\.csv has no rows$/],
      'that is no table': [
        { 'bars.pdf': '%PDF' },
        'EOD_SOURCE_MISSING',
        /has no file that ends in \.csv, \.tsv or \.txt/,
      ],
    };
    for (const [what, [content, code, message]] of Object.entries(files)) {
      it(what, async () => {
        write(content);

        const error = await fail(open());

        expect(error).to.include({ code });
        expect(error.message).to.match(message);
        expect(error.hint).to.be.a('string');
      });
    }

    it('that changes while it is read', async () => {
      write({ 'bars.csv': [HEADER, AAPL] });
      const path = join(folder(), 'bars.csv');
      const records = readRecords({ path, name: 'bars.csv' }, { delimiter: 'auto' }, new AbortController().signal);

      await records.next();
      appendFileSync(path, `${FORD}\n`);
      const error = await (async () => {
        for await (const _ of records);
      })().catch((found: unknown) => found);

      expect(error).to.include({ code: 'EOD_SOURCE_INVALID', message: 'bars.csv changed while it was read' });
    });
  });

  it('names a reference file that is absent, and a date format that is another one', async () => {
    write({
      'bars.csv': [HEADER, ...Array.from({ length: 10_001 }, (_, row) => AAPL.replace('2026-06-30', `${row} June`))],
    });

    const absent = await fail(open({ reference: join(folder(), 'nowhere.csv') }));
    const undated = await fail(open());

    expect(absent).to.include({
      code: 'EOD_SOURCE_MISSING',
      message: `there is no file ${join(folder(), 'nowhere.csv')}`,
    });
    expect(undated.message).to.include(
      'has more than 10000 rows whose date cannot be read: date is "0 June"'.slice(0, 60),
    );
    expect(undated.hint).to.include('import.csv.dateFormat');
  });

  it('leaves no folder behind when it closes, and removes one that a killed process left', async () => {
    write({ 'all.csv': [HEADER, AAPL] });
    const listSplits = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`tickstock-csv-${process.pid}-`));
    // No process has this id: Linux allows four million, and it is above the limit of others.
    const abandoned = join(tmpdir(), 'tickstock-csv-99999999-left');
    mkdirSync(abandoned, { recursive: true });
    const before = listSplits().length;
    const source = open();
    await read(source);
    const during = listSplits().length;

    await source.close();
    await source.close();

    expect([during, listSplits().length]).to.deep.equal([before + 1, before]);
    expect(existsSync(abandoned)).to.equal(false);

    expect(symbolsOf(await read(source))).to.deep.equal(['AAPL']);
  });
});
