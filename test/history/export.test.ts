import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { TradingCalendar } from '../../src/core/calendar.js';
import type { PipelineError } from '../../src/core/errors.js';
import { EXPORT_FORMATS } from '../../src/core/export-formats.js';
import { addActions } from '../../src/securities/actions/corporate-actions.js';
import { History, type ExportRequest } from '../../src/history/history.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { MONDAY, sync, TUESDAY, WEDNESDAY, writeListings } from '../support/market.js';

describe('an export', () => {
  const calendar = new TradingCalendar();
  let test: TestDatabase;
  let folder: string;
  let history: History;
  let afterMonday: string;

  /** MID leaves mid_cap for small_cap on Tuesday. */
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tickstock-export-'));
    test = await createTestDatabase();
    history = new History(test.database, calendar);
    for (const [session, close] of [
      [MONDAY, 10],
      [TUESDAY, 9],
    ] as const) {
      await writeListings(test.database, session, [
        { symbol: 'BIG', name: 'Big, "the" company', shares: 2e9, close: 10.5 },
        { symbol: 'MID', shares: 2.1e8, close },
        { symbol: 'STAYS', shares: 5e8, close: 10 },
      ]);
      await sync(test.database, session);
      if (session === MONDAY) afterMonday = await now(test);
    }
    await test.database.pool.query(
      `insert into pipeline.universe (type, name, key, title, cache_type, policy, policy_hash, first_session)
       select type, name, 'later', title, cache_type, policy, policy_hash, $1 from pipeline.universe where key = 'mid_cap'`,
      [TUESDAY],
    );
    await addActions(test.database, calendar, [{ symbol: 'BIG', session: TUESDAY, kind: 'split', ratio: '10:1' }], {
      by: 'test',
      source: 'person',
      at: new Date(),
      announce: () => Promise.resolve(),
      force: true,
    });
  });

  after(async () => {
    await test.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const write = async (name: string, request: Partial<ExportRequest> = {}) => {
    const manifest = await history.export({ folder: join(folder, name), ...request });
    const read = (file: string): Record<string, string>[] => {
      const bytes = readFileSync(join(folder, name, file));
      return parse(file.endsWith('.gz') ? gunzipSync(bytes) : bytes, { columns: true });
    };
    return { manifest, read };
  };
  const fail = (request: ExportRequest): Promise<PipelineError> =>
    history.export(request).then(
      () => {
        throw new Error('it was written');
      },
      (error: unknown) => error as PipelineError,
    );

  it('has the sessions, bars as traded, and memberships whose open end is empty', async () => {
    const { manifest, read } = await write('all');

    expect(manifest).to.include({ from: MONDAY, to: TUESDAY, knownAt: null });
    expect(read('sessions.csv')).to.deep.equal([
      { session: MONDAY, close: '2026-06-22T20:00:00.000Z', is_early_close: 'f' },
      { session: TUESDAY, close: '2026-06-23T20:00:00.000Z', is_early_close: 'f' },
    ]);
    expect(read('bars.csv')[0]).to.deep.equal({
      session: MONDAY,
      symbol: 'BIG',
      open: '',
      high: '',
      low: '',
      close: '10.5',
      volume: '100',
    });
    const bands = read('memberships.csv').filter(({ name, symbol }) => name === 'market_cap' && symbol === 'MID');
    expect(bands.map(({ key, valid_from, valid_to }) => [key, valid_from, valid_to])).to.deep.equal([
      ['mid_cap', MONDAY, TUESDAY],
      ['small_cap', TUESDAY, ''],
    ]);
    expect(read('securities.csv').map(({ ticker, valid_to }) => [ticker, valid_to])).to.deep.equal([
      ['BIG', ''],
      ['MID', ''],
      ['STAYS', ''],
    ]);
    expect(read('universes.csv').map(({ key }) => key)).to.include.members(['later', 'mid_cap', 'small_cap', 'top_50']);
    expect(read('actions.csv')).to.deep.equal([
      {
        session: TUESDAY,
        symbol: 'BIG',
        kind: 'split',
        new_shares: '10',
        old_shares: '1',
        amount_usd: '',
        source: 'person',
      },
    ]);
    expect(read('factors.csv')).to.deep.equal([{ session: TUESDAY, symbol: 'BIG', kind: 'split', factor: '0.1' }]);
  });

  it('has the rows and hashes of its files in the manifest, and is the same again', async () => {
    const { manifest } = await write('one');
    await write('two');

    const [one, two] = ['one', 'two'].map((name) =>
      readdirSync(join(folder, name)).map((file) => [file, hashOf(join(folder, name, file))]),
    );
    expect(two).to.deep.equal(one);
    for (const { name, rows, bytes, sha256 } of manifest.files) {
      const content = readFileSync(join(folder, 'one', name));
      expect(hashOf(join(folder, 'one', name))).to.equal(sha256);
      expect(content.length).to.equal(bytes);
      expect(parse(content, { columns: true }), name).to.have.lengthOf(rows);
    }
    expect(JSON.parse(readFileSync(join(folder, 'one/manifest.json'), 'utf8'))).to.deep.equal(manifest);
  });

  it('has what was known at a time', async () => {
    const { read } = await write('known', { knownAt: afterMonday });

    const bands = read('memberships.csv').filter(({ name, symbol }) => name === 'market_cap' && symbol === 'MID');
    expect(bands.map(({ key, valid_to }) => [key, valid_to])).to.deep.equal([['mid_cap', '']]);
    expect(read('universes.csv').filter(({ key }) => key === 'later')).to.deep.equal([]);
    expect(read('actions.csv')).to.deep.equal([]);
  });

  it('has the sessions that were asked for, packed', async () => {
    const { manifest, read } = await write('packed', { from: TUESDAY, to: WEDNESDAY, gzip: true });

    expect(manifest.files.every(({ name }) => name.endsWith('.csv.gz'))).to.equal(true);
    expect(new Set(read('bars.csv.gz').map(({ session }) => session))).to.deep.equal(new Set([TUESDAY]));
  });

  it('has the same rows in Parquet, with types, and is the same again', async () => {
    const { manifest } = await write('parquet', { format: 'parquet' });
    const { manifest: again } = await write('parquet-again', { format: 'parquet' });
    const { read, manifest: csv } = await write('as-csv');
    const readParquet = async (name: string) => {
      const bytes = readFileSync(join(folder, 'parquet', `${name}.parquet`));
      return parquetReadObjects({ file: new Uint8Array(bytes).buffer });
    };

    expect(again).to.deep.equal(manifest);
    expect(manifest.files.map(({ name, rows }) => [name.replace('.parquet', '.csv'), rows])).to.deep.equal(
      csv.files.map(({ name, rows }) => [name, rows]),
    );
    expect((await readParquet('bars'))[0]).to.deep.equal({
      session: new Date(MONDAY),
      symbol: 'BIG',
      open: null,
      high: null,
      low: null,
      close: 10.5,
      volume: 100n,
    });
    expect((await readParquet('sessions'))[0]).to.deep.equal({
      session: new Date(MONDAY),
      close: new Date('2026-06-22T20:00:00.000Z'),
      is_early_close: false,
    });
    const memberships = await readParquet('memberships');
    expect(memberships.map(({ key, symbol, valid_to: end }) => [key, symbol, toDay(end)])).to.deep.equal(
      read('memberships.csv').map(({ key, symbol, valid_to: end }) => [key, symbol, end === '' ? null : end]),
    );
    expect((await readParquet('factors'))[0]).to.include({ symbol: 'BIG', factor: 0.1 });
  });

  for (const format of EXPORT_FORMATS)
    it(`fails in ${format}, and leaves nothing, when the disk is full while the server still sends rows`, async function () {
      if (!existsSync('/dev/full')) return this.skip();
      const many = await createTestDatabase();
      await many.database.pool.query(
        `insert into ohlcv_daily (symbol, date, close, volume)
       select 'S' || i, $1, 10, 100 from generate_series(1, 120000) i`,
        [MONDAY],
      );
      const target = join(folder, 'full');

      const outcome = await new History(many.database, calendar)
        .export({
          folder: target,
          format,
          onFile: (name) => {
            if (name === 'bars') symlinkSync('/dev/full', `${target}.part-${process.pid}/bars.${format}`);
          },
        })
        .catch((error: unknown) => error);
      const { rows } = await many.database.pool.query('select 1 as one');
      await many.drop();

      expect(outcome).to.include({ code: 'EOD_USAGE' });
      expect(rows).to.deep.equal([{ one: 1 }]);
      expect(readdirSync(folder).filter((name) => name.startsWith('full'))).to.deep.equal([]);
    });

  it('replaces nothing, and leaves nothing of one that fails', async () => {
    writeFileSync(join(folder, 'taken'), '');
    const controller = new AbortController();

    const taken = await fail({ folder: join(folder, 'taken') });
    const wrong = await fail({ folder: join(folder, 'wrong'), from: TUESDAY, to: MONDAY });
    const below = await fail({ folder: join(folder, 'taken/below') });
    const stopped = await fail({
      folder: join(folder, 'stopped'),
      signal: controller.signal,
      onFile: (name) => {
        if (name === 'bars') controller.abort();
      },
    });

    expect(taken).to.include({ code: 'EOD_USAGE' });
    expect(wrong.message).to.equal(`${TUESDAY} is after ${MONDAY}`);
    expect(below).to.include({ code: 'EOD_USAGE' });
    expect(stopped).to.include({ code: 'EOD_CANCELLED' });
    expect(readdirSync(folder)).not.to.include.members(['wrong', 'stopped']);
    expect(readdirSync(folder).filter((name) => name.includes('part'))).to.deep.equal([]);
  });
});

function toDay(date: unknown): string | null {
  return date instanceof Date ? date.toISOString().slice(0, 10) : null;
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

async function now({ database }: TestDatabase): Promise<string> {
  const { rows } = await database.pool.query<{ now: Date }>('select clock_timestamp() as now');
  return rows[0]?.now.toISOString() ?? '';
}
