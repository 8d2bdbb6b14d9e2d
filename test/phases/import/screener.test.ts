import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { collectRows } from '../../../phases/import/collect.js';
import type { SourceRequest } from '../../../phases/import/source.js';
import { ScreenerSource } from '../../../phases/import/sources/screener.js';
import { TradingCalendar } from '../../../src/core/calendar.js';
import { PipelineError } from '../../../src/core/errors.js';
import { parseSessionDate } from '../../../src/core/session.js';
import type { Database } from '../../../src/db/database.js';
import { APPLE, FORD, makeRows, screenerConfig, ScreenerFolders, type FileContent } from './screener-folders.js';

const SESSION = '2026-06-30';
const WHOLE = JSON.stringify([APPLE, FORD]);
const ALL = ['nasdaq', 'nyse', 'amex'];

describe('the screener source', () => {
  const folders = new ScreenerFolders();
  after(() => folders.remove());

  it('reads plain and packed files of all exchanges, each row with its place', async () => {
    const dir = folders.make({
      [SESSION]: { 'nasdaq.json.gz': [APPLE], 'nyse.json': [null, FORD], 'amex.json.gz': makeRows(2) },
    });

    const { listings, rejected } = await read(dir, { exchanges: ALL });

    expect(
      listings.map(({ symbol, origin, rowNumber }) => [symbol.symbol, symbol.exchange, origin, rowNumber]),
    ).to.deep.equal([
      ['AAPL', 'NASDAQ', 'nasdaq.json.gz', 1],
      ['F', 'NYSE', 'nyse.json', 2],
      ['Q1', 'AMEX', 'amex.json.gz', 1],
      ['Q2', 'AMEX', 'amex.json.gz', 2],
    ]);
    expect(rejected.map(({ origin, rowNumber, reason }) => [origin, rowNumber, reason])).to.deep.equal([
      ['nyse.json', 1, 'NOT_A_ROW'],
    ]);
  });

  it('takes the plain file when both forms are there, and needs no more than the exchanges it is told', async () => {
    const dir = folders.make({
      [SESSION]: { 'nasdaq.json': [APPLE], 'nasdaq.json.gz': 'broken', 'nyse.json': 'broken' },
    });

    const { listings } = await read(dir);

    expect(listings.map((listing) => listing.symbol.symbol)).to.deep.equal(['AAPL']);
  });

  it('reads the folder of the session itself when that is what it is given', async () => {
    const dir = folders.make({ [SESSION]: { 'nasdaq.json': [APPLE] } });

    expect((await read(join(dir, SESSION))).listings).to.have.lengthOf(1);
  });

  it('keeps characters whole that fall across the chunks of a file', async () => {
    const names = Array.from({ length: 5000 }, (_, index) => `${'é😀'.repeat(1 + (index % 9))} Inc`);
    const dir = folders.make({
      [SESSION]: { 'nasdaq.json.gz': names.map((name, index) => ({ ...FORD, symbol: `Q${index}`, name })) },
    });

    const { listings } = await read(dir);

    expect(listings.map((listing) => listing.symbol.name)).to.deep.equal(names);
  });

  const broken: readonly (readonly [string, string, FileContent])[] = [
    ['cut short', 'nasdaq.json', WHOLE.slice(0, -40)],
    ['cut short between two rows', 'nasdaq.json', `[${JSON.stringify(APPLE)},`],
    ['without its last bracket', 'nasdaq.json', WHOLE.slice(0, -1)],
    ['packed and cut short', 'nasdaq.json.gz', gzipSync(JSON.stringify(makeRows(3000))).subarray(0, 2000)],
    ['packed without its last bytes', 'nasdaq.json.gz', gzipSync(WHOLE).subarray(0, -4)],
    ['packed with a wrong checksum', 'nasdaq.json.gz', flipByte(gzipSync(WHOLE), -8)],
    ['named packed but plain', 'nasdaq.json.gz', WHOLE],
    ['a web page', 'nasdaq.json', '<!DOCTYPE html><html><body>503 Service Unavailable</body></html>'],
    ['plain text', 'nasdaq.json', 'not JSON'],
    ['an object instead of a list', 'nasdaq.json', '{"data": {"rows": []}}'],
    ['a single value', 'nasdaq.json', 'null'],
    ['an empty list', 'nasdaq.json', '[]'],
    ['empty', 'nasdaq.json', ''],
    ['empty once unpacked', 'nasdaq.json.gz', gzipSync('')],
    ['white space', 'nasdaq.json', ' \n'],
    ['two lists', 'nasdaq.json', `${WHOLE}${WHOLE}`],
    ['a list with something behind it', 'nasdaq.json', `${WHOLE} trailing`],
    ['packed in an unknown way', 'nasdaq.json.gz', Buffer.from([0x50, 0x4b, 3, 4, 0, 0])],
  ];
  for (const [state, name, content] of broken) {
    it(`refuses a file that is ${state}`, async () => {
      const dir = folders.make({ [SESSION]: { [name]: content } });

      const refusal = await refusalOf(read(dir));

      expect(refusal.code).to.equal('EOD_SOURCE_INVALID');
      expect(refusal.message).to.include(join(SESSION, name));
      expect(refusal.hint).to.include('fetch the file again');
    });
  }

  it('names the row in which a file stops being JSON', async () => {
    const rows = ['A', 'B', 'C'].map((symbol) => `{"symbol": "${symbol}", "name": "Ü", "lastsale": "$1.00"}`);
    const odd = `[${rows.join(',\n')}]`.replace('"B", "name": "Ü"', '"B", "volume": NaN');
    const dir = folders.make({ [SESSION]: { 'nasdaq.json.gz': gzipSync(odd) } });

    expect((await refusalOf(read(dir))).message).to.include('complete JSON array, in row 2 (B), line 2: ');
  });

  it('refuses a file that cannot be read', async () => {
    const dir = folders.make({ [SESSION]: {} });
    mkdirSync(join(dir, SESSION, 'nasdaq.json'));

    const refusal = await refusalOf(read(dir));

    expect(refusal.code).to.equal('EOD_SOURCE_INVALID');
    expect(refusal.message).to.include('cannot be read').and.include('EISDIR');
    expect(refusal.hint).to.not.include('fetch');
  });

  it('says which exchanges are missing before it reads any', async () => {
    const dir = folders.make({ [SESSION]: { 'nasdaq.json': 'broken' } });

    const refusal = await refusalOf(read(dir, { exchanges: ALL }));

    expect(refusal.code).to.equal('EOD_SOURCE_MISSING');
    expect(refusal.message).to.match(/has no file for nyse, amex$/);
    expect(refusal.hint).to.include('import.exchanges');
  });

  it('names the nearest session it has when there is none for the date', async () => {
    const dir = folders.make({ '2026-06-26': { 'nasdaq.json': [APPLE] }, '2026-07-02': {} });

    const refusal = await refusalOf(read(dir));

    expect(refusal.code).to.equal('EOD_SOURCE_MISSING');
    expect(refusal.hint).to.include('--session 2026-06-26').and.include('2 sessions, 2026-06-26 to 2026-07-02');
  });

  it('says so when no session is there at all', async () => {
    const refusal = await refusalOf(read(folders.make({ pictures: {} })));

    expect(refusal.code).to.equal('EOD_SOURCE_MISSING');
    expect(refusal.hint).to.include('YYYY-MM-DD');
  });

  it('refuses the folder of another session', async () => {
    const dir = folders.make({ '2026-06-26': { 'nasdaq.json': [APPLE] } });

    const refusal = await refusalOf(read(join(dir, '2026-06-26')));

    expect(refusal.code).to.equal('EOD_SOURCE_MISMATCH');
    expect(refusal.hint).to.include('--session 2026-06-26');
  });

  it('refuses a path that is a file, a folder that is not there, and no folder at all', async () => {
    const dir = folders.make({ [SESSION]: { 'nasdaq.json': [APPLE] } });

    for (const path of [join(dir, SESSION, 'nasdaq.json'), join(dir, 'nowhere'), undefined]) {
      const refusal = await refusalOf(read(path));

      expect(refusal.code).to.equal('EOD_SOURCE_MISSING');
      expect(refusal.hint).to.include('--dir');
    }
  });

  it('finds out that a session is missing before any work', async () => {
    const source = sourceOf(folders.make({ [SESSION]: { 'nasdaq.json': [APPLE] } }));

    await source.assertAvailable(parseSessionDate(SESSION));
    const refusal = await refusalOf(source.assertAvailable(parseSessionDate('2026-06-29')));

    expect(refusal.code).to.equal('EOD_SOURCE_MISSING');
  });

  it('stops reading when it is told to', async () => {
    const dir = folders.make({ [SESSION]: { 'nasdaq.json.gz': makeRows(5000) } });
    const controller = new AbortController();

    const feed = await sourceOf(dir).open(requestOf(controller.signal));
    if (feed.kind !== 'rows') throw new Error('expected rows');
    let seen = 0;
    const reading = collectRows(feed.rows, (count) => {
      seen += count;
      controller.abort();
    });
    const failure = await reading.catch((error: unknown) => error);

    expect(failure).to.have.property('name', 'AbortError');
    expect(seen).to.be.below(5000);
  });
});

function sourceOf(dir: string | undefined, exchanges?: readonly string[]): ScreenerSource {
  const parts = { config: screenerConfig(dir, exchanges), calendar: new TradingCalendar(), database: {} as Database };
  return new ScreenerSource(parts);
}

function requestOf(signal: AbortSignal): SourceRequest {
  const transaction = {} as SourceRequest['transaction'];
  return { session: parseSessionDate(SESSION), signal, firstLoad: false, transaction };
}

async function read(dir: string | undefined, { exchanges }: { exchanges?: readonly string[] } = {}) {
  const feed = await sourceOf(dir, exchanges).open(requestOf(new AbortController().signal));
  if (feed.kind !== 'rows') throw new Error('expected rows');
  return collectRows(feed.rows, () => undefined);
}

async function refusalOf(work: Promise<unknown>): Promise<PipelineError> {
  const thrown = await work.catch((error: unknown) => error);
  expect(thrown).to.be.instanceOf(PipelineError);
  return thrown as PipelineError;
}

function flipByte(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length + at] = (copy.at(at) ?? 0) ^ 0xff;
  return copy;
}
