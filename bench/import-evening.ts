import 'reflect-metadata';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import pg from 'pg';
import { createPipeline, parseSessionDate } from '../src/index.js';
import { openServer } from './support/bench-server.js';
import { median, reportFigures } from './support/figures.js';
import { findSharedData, type SharedData } from './support/shared-data.js';

/**
 * One evening's import of the screener, its three files, into a database with the sessions before it, compared with reading, unpacking and parsing
 * the same files. Median of the sessions; each is imported for the first time, and its files are parsed right before.
 *
 * `npm run bench -- import-evening [--sessions 10] [--json]`: as many of the newest ones
 */
const MAX_RATIO = 2.5;

const { values: options } = parseArgs({
  options: { sessions: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
});

async function main(data: SharedData): Promise<void> {
  const sessions = readdirSync(data.screener)
    .filter((name) => /^\d{4}-\d{2}-\d{2}$/.test(name))
    .toSorted()
    .slice(-Number(options.sessions) - 2);
  const server = await openServer(process.env['DATABASE_URL']);
  const pool = new pg.Pool({ connectionString: await server.create('bench_evening'), max: 4 });
  pool.on('error', () => undefined);
  try {
    const pipeline = await createPipeline({
      database: pool,
      config: { options: { import: { source: 'screener', dir: data.screener } } },
    });
    const evenings: { readonly parseMs: number; readonly importMs: number; readonly rows: number }[] = [];
    for (const session of sessions) {
      const [parseMs, rows] = await timed(() => parseFiles(join(data.screener, session)));
      const [importMs, result] = await timed(() =>
        pipeline.run({ session: parseSessionDate(session), phases: ['import'] }),
      );
      if (result.error !== undefined) throw result.error;
      evenings.push({ parseMs, importMs, rows });
    }
    await pipeline.close();
    // The first two have no session before them, and warm up.
    const measured = evenings.slice(2);
    const [parseMs, importMs] = [
      median(measured.map((each) => each.parseMs)),
      median(measured.map((each) => each.importMs)),
    ];
    const ratios = measured.map((each) => each.importMs / each.parseMs);
    const rows = Math.round(median(measured.map((each) => each.rows)));
    reportFigures(
      `one evening's import, ${rows} rows, ${measured.length} sessions, ${server.name}`,
      [
        { name: 'reading and parsing the files', value: parseMs, unit: 'ms' },
        { name: 'import', value: importMs, unit: 'ms' },
        {
          name: 'import / reading and parsing',
          value: median(ratios),
          unit: 'x',
          bar: MAX_RATIO,
          note: ratios.map((ratio) => ratio.toFixed(1)).join(' '),
        },
      ],
      options.json,
    );
  } finally {
    await pool.end();
    await server.close();
  }
}

/** @returns the number of rows in the files of a folder */
function parseFiles(folder: string): number {
  let rows = 0;
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name));
    const parsed = JSON.parse((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as unknown;
    rows += Array.isArray(parsed) ? parsed.length : 0;
  }
  return rows;
}

async function timed<Result>(work: () => Result | Promise<Result>): Promise<readonly [ms: number, result: Result]> {
  const started = performance.now();
  const result = await work();
  return [performance.now() - started, result];
}

const data = findSharedData();
if (data !== undefined) await main(data);
