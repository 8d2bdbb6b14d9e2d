import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import { copyIn, type CopyValue } from '../src/db/copy.js';
import { openServer, type BenchServer } from './support/bench-server.js';
import { reportFigures, type Figure } from './support/figures.js';
import { ROOT, runNode, runProgram } from './support/programs.js';
import { findSharedData, type SharedData } from './support/shared-data.js';

/**
 * A history of real bars loaded by `tickstock import --source csv`, as a whole process, compared with COPY of the same rows into the same
 * tables with the same keys: bars, quotes and symbols.
 *
 * `npm run bench -- import [--sessions 60] [--json]`: as many of the newest sessions of the year
 */
const MAIN = join(ROOT, 'dist/cli/main.js');
const MAX_RATIO = 1.6;
const MAX_MB = 200;
/** Sessions at each end whose speed is compared. */
const END = 20;
/** Prints the largest memory that the process had, in kB, when it ends. */
const MEMORY = `data:text/javascript,process.on('exit',()=>console.error('peak',process.resourceUsage().maxRSS))`;

const { values: options } = parseArgs({
  options: { sessions: { type: 'string', default: '60' }, json: { type: 'boolean', default: false } },
});

interface Row {
  readonly session: string;
  readonly symbol: string;
  readonly close: string;
  readonly previousClose: number | null;
  readonly volume: string;
  readonly cap: number | null;
}

async function main(data: SharedData): Promise<void> {
  runProgram('npm', ['run', '-s', 'build']);
  const rows = await readRows(data.bars, Number(options.sessions));
  const server = await openServer(process.env['DATABASE_URL']);
  const folder = await mkdtemp(join(tmpdir(), 'tickstock-bench-'));
  try {
    const template = await server.create('bench_import_empty');
    process.env['DATABASE_URL'] = template;
    runNode(MAIN, ['db', 'migrate'], folder);
    const copyMs = await measureCopy(server, rows);
    reportFigures(
      `import of ${rows.length} real bars, ${server.name}`,
      [
        { name: 'COPY into bars, quotes and symbols', value: copyMs, unit: 'ms' },
        ...(await measureImport(server, { data, rows, folder, copyMs })),
      ],
      options.json,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
    await server.close();
  }
}

/** The rows of the newest sessions, oldest first. */
async function readRows(path: string, sessions: number): Promise<Row[]> {
  const bySession = new Map<string, Row[]>();
  const lines = createInterface({ input: createReadStream(path).pipe(createGunzip()), crlfDelay: Infinity });
  for await (const line of lines) {
    const [session = '', symbol = '', close = '', change = '', volume = '', cap = ''] = line.split(',');
    if (session === 'date') continue;
    if (!bySession.has(session)) {
      bySession.set(session, []);
      const [oldest] = bySession.keys();
      if (bySession.size > sessions && oldest !== undefined) bySession.delete(oldest);
    }
    const previous = Number((Number(close) - Number(change)).toFixed(6));
    const row = {
      session,
      symbol,
      close,
      previousClose: previous > 0 ? previous : null,
      volume,
      cap: Number(cap) || null,
    };
    bySession.get(session)?.push(row);
  }
  return [...bySession.values()].flat();
}

async function measureCopy(server: BenchServer, rows: readonly Row[]): Promise<number> {
  const url = await server.create('bench_import_copy', 'bench_import_empty');
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const client = await pool.connect();
  try {
    const startedAt = performance.now();
    await client.query('begin');
    const symbols = [...new Set(rows.map(({ symbol }) => symbol))];
    await copyIn(
      client,
      'public.symbols (symbol)',
      symbols.map((symbol) => [symbol]),
    );
    await copyIn(client, 'public.ohlcv_daily (symbol, date, close, volume)', toBars(rows));
    await copyIn(
      client,
      'pipeline.source_quote (session, symbol, previous_close, market_cap_usd, is_first_day, listing_year)',
      toQuotes(rows),
    );
    await client.query('commit');
    return performance.now() - startedAt;
  } finally {
    client.release();
    await pool.end();
  }
}

function* toBars(rows: readonly Row[]): Generator<CopyValue[]> {
  for (const { symbol, session, close, volume } of rows) yield [symbol, session, close, volume];
}

function* toQuotes(rows: readonly Row[]): Generator<CopyValue[]> {
  for (const { session, symbol, previousClose, cap } of rows) yield [session, symbol, previousClose, cap, false, null];
}

async function measureImport(
  server: BenchServer,
  { data, rows, folder, copyMs }: { data: SharedData; rows: readonly Row[]; folder: string; copyMs: number },
): Promise<Figure[]> {
  process.env['DATABASE_URL'] = await server.create('bench_import', 'bench_import_empty');
  const range = ['--from', rows[0]?.session ?? '', '--to', rows.at(-1)?.session ?? ''];
  const args = ['import', '--source', 'csv', '--dir', data.bars, ...range, '--skip-missing', '--json'];
  const { durationMs, stdout, stderr } = runProgram(process.execPath, ['--import', MEMORY, MAIN, ...args], folder);
  const { sessions } = JSON.parse(stdout) as {
    sessions: { status: string; duration_ms: number; bars: number | null }[];
  };
  const done = sessions.filter(({ status }) => status === 'completed');
  const bars = done.reduce((sum, each) => sum + (each.bars ?? 0), 0);
  if (bars !== rows.length) throw new Error(`${bars} bars were imported, ${rows.length} are in the file`);
  const speed = (some: readonly { duration_ms: number; bars: number | null }[]): number =>
    some.reduce((sum, each) => sum + (each.bars ?? 0), 0) / some.reduce((sum, each) => sum + each.duration_ms, 0);
  const importing = done.reduce((sum, each) => sum + each.duration_ms, 0);
  return [
    { name: 'tickstock import, the whole process', value: durationMs, unit: 'ms', note: `${done.length} sessions` },
    { name: '  of COPY', value: durationMs / copyMs, unit: 'x', bar: MAX_RATIO },
    { name: 'the sessions of it', value: importing, unit: 'ms', note: 'without reading and dividing the file' },
    { name: '  of COPY', value: importing / copyMs, unit: 'x' },
    {
      name: `rows a second, last ${END} sessions of the first`,
      value: speed(done.slice(-END)) / speed(done.slice(0, END)),
      unit: 'x',
    },
    { name: 'peak memory', value: Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024, unit: 'MB', bar: MAX_MB },
  ];
}

const shared = findSharedData();
if (shared !== undefined) await main(shared);
