import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { MassiveFlatfilesSource } from '../../../phases/import/sources/massive-flatfiles.js';
import { ParquetSource } from '../../../phases/import/sources/parquet.js';
import { MONDAY, TUESDAY, useCsv, type CsvSession } from './csv-fixture.js';

/** Written by DuckDB 1.5: the same five bars with other types and codecs. */
function readFixture(name: string): Uint8Array {
  return readFileSync(fileURLToPath(new URL(`../../fixtures/parquet/${name}.parquet`, import.meta.url)));
}

function toBars({ listings }: CsvSession): unknown[] {
  return listings.map(({ bar }) => [bar?.symbol, bar?.date, bar?.close, bar?.volume]);
}

const TUESDAY_BARS = [
  ['ALDA', TUESDAY, 54.1, 1_650_000],
  ['BRK/B', TUESDAY, 485.5, 3_400_000],
  ['CORU', TUESDAY, 0.000013, 12_000_000],
];

describe('parquet files', () => {
  const { write, open, read, fail } = useCsv();
  const openParquet = (csv: object = {}) => open(csv, undefined, ParquetSource);

  it('of several sessions are read by session, packed with zstd, in groups of two rows', async () => {
    write({ 'bars.parquet': readFixture('bars-zstd') });
    const source = openParquet();

    expect(toBars(await read(source))).to.deep.equal(TUESDAY_BARS);
    expect(toBars(await read(source, MONDAY))).to.deep.equal([
      ['ALDA', MONDAY, 53.55, 1_800_000],
      ['BRK/B', MONDAY, 482.75, 3_500_000],
    ]);
  });

  it('have Unix nanoseconds, decimals, floats of four bytes and volumes as numbers with a fraction', async () => {
    write({ 'bars.parquet': readFixture('massive-snappy') });

    const session = await read(openParquet({ preset: 'massive' }));

    expect(toBars(session)).to.deep.equal(TUESDAY_BARS);
    expect(session.listings[0]?.bar).to.include({ open: 53.6, high: 54.2, low: 53.5 });
  });

  it('have times, blank and NaN prices and nested columns, which are not read', async () => {
    write({ 'bars.parquet': readFixture('timestamp-gzip') });

    const session = await read(openParquet());

    expect(toBars(session)).to.deep.equal(TUESDAY_BARS);
    expect(session.listings[0]?.bar).to.include({ open: null, high: null });
  });

  it('are named after a session, or the folder of their partition is', async () => {
    write({
      'date=2026-06-30/part-0.parquet': readFixture('lz4'),
      'date=2026-06-29/part-0.parquet': readFixture('lz4'),
    });

    expect(toBars(await read(openParquet()))).to.deep.equal(TUESDAY_BARS);

    write({ 'nyse_20260630.parquet': readFixture('lz4') });
    expect((await read(openParquet())).read).to.equal(6);
  });

  it('are read by the source csv as well, and by its own source alone in a folder with others', async () => {
    write({ 'bars.parquet': readFixture('bars-zstd'), 'note.txt': 'not a table' });

    expect(toBars(await read(openParquet()))).to.deep.equal(TUESDAY_BARS);
    expect((await fail(open())).code).to.equal('EOD_SOURCE_INVALID');
  });

  it('hold facts of the symbols, also as the reference file', async () => {
    const facts = parquetWriteBuffer({
      columnData: [
        { name: 'symbol', data: ['ALDA', 'CORU'] },
        { name: 'sector', data: ['Technology', null] },
        { name: 'shares', data: [4_100_000_000n, 20n], type: 'INT64' },
        { name: 'list_date', data: [new Date('2009-05-14'), null], type: 'TIMESTAMP' },
      ],
    });
    const folder = write({ 'bars.parquet': readFixture('bars-zstd'), 'facts.parquet': new Uint8Array(facts) });

    const { listings } = await read(openParquet({ reference: `${folder}/facts.parquet` }));

    expect(listings[0]?.symbol).to.include({
      sector: 'Technology',
      sharesOutstanding: 4_100_000_000,
      listDate: '2009-05-14',
    });
    expect(listings[2]?.symbol).to.include({ sharesOutstanding: 20 });
  });

  it('are refused when they are cut short, are something else, or lack a column', async () => {
    const bytes = readFixture('bars-zstd');
    for (const content of [
      bytes.subarray(0, 700),
      new Uint8Array(0),
      new TextEncoder().encode('date,symbol,close\n'),
    ]) {
      write({ 'bars.parquet': content });
      const error = await fail(openParquet());
      expect(error.code).to.equal('EOD_SOURCE_INVALID');
      expect(error.message).to.match(/^bars\.parquet is not a complete Parquet file: /);
    }
    write({
      'bars.parquet': new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'ticker', data: ['ALDA'] }] })),
    });
    expect((await fail(openParquet())).message).to.equal('bars.parquet has no column for the close and the date');
  });

  it('are refused beside the same table in another form', async () => {
    write({ 'bars.parquet': readFixture('bars-zstd'), 'bars.csv': ['date,symbol,close', '2026-06-30,ALDA,5'] });

    expect((await fail(open())).message).to.equal('bars.csv and bars.parquet are the same file twice');
  });

  it('are missing in a folder without any', async () => {
    write({ 'bars.csv': ['date,symbol,close', '2026-06-30,ALDA,5'] });

    const error = await fail(openParquet());

    expect(error.code).to.equal('EOD_SOURCE_MISSING');
    expect(error.message).to.match(/has no file that ends in \.parquet$/);
  });
});

describe('flat files of Massive', () => {
  const { write, open, read } = useCsv();

  it('are read without a preset, and are Parquet where they have been converted', async () => {
    const header = 'ticker,volume,open,close,high,low,window_start,transactions';
    write({ '2026/06/2026-06-30.csv': [header, 'BACpK,5,20,21,22,19,1782792000000000000,3'] });
    expect(toBars(await read(open({}, undefined, MassiveFlatfilesSource)))).to.deep.equal([['BAC^K', TUESDAY, 21, 5]]);

    write({ '2026/06/2026-06-29.parquet': readFixture('massive-snappy') });
    const monday = await read(open({}, undefined, MassiveFlatfilesSource), MONDAY);
    expect(toBars(monday)).to.have.length(2);
  });
});
