import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Database } from '../src/db/database.js';
import { startEmbeddedServer } from '../src/db/embedded/server.js';
import { migrate } from '../src/db/migrate.js';
import { reportFigures, type Figure } from './support/figures.js';
import { loadBars, settle, withClient } from './support/market-state.js';
import { ROOT, runNode, runProgram } from './support/programs.js';
import { findSharedData, type SharedData } from './support/shared-data.js';

/**
 * Whole processes of the command line, as a user starts them, on embedded databases in temporary folders: the first start, one evening with
 * all phases on a year of bars and on an empty database, and a backfill of three months.
 *
 * `npm run bench -- run [--json]`
 */
const MAIN = join(ROOT, 'dist/cli/main.js');
const MAX_START_S = 15;
const MAX_EVENING_S = 3;
const MAX_BACKFILL_S = 60;
const LOADED = '2026-06-25';
/** Consecutive real evenings, each with one more session of bars than the one before. */
const EVENINGS = ['2026-06-26', '2026-06-29', '2026-06-30'];

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

async function main(data: SharedData): Promise<void> {
  // A configured server would be used instead of the embedded one.
  delete process.env['DATABASE_URL'];
  runProgram('npm', ['run', '-s', 'build']);
  const figures = [
    await withFolder((folder) => measure('first start, empty folder', MAX_START_S, ['start'], folder)),
    ...(await withFolder((folder) => measureEvenings(folder, data))),
    await withFolder((folder) =>
      measure('run 2026-06-30, empty database', MAX_EVENING_S, evening('2026-06-30', data), folder),
    ),
    await withFolder((folder) => measureBackfill(folder, data)),
  ];
  reportFigures('whole processes of tickstock, embedded server', figures, options.json);
}

async function measureEvenings(folder: string, data: SharedData): Promise<Figure[]> {
  const server = await startEmbeddedServer({ dataDir: join(folder, '.tickstock') });
  const database = Database.connect({ url: server.url, poolSize: 1, connectTimeoutMs: 5000 });
  await migrate(database);
  await database.close();
  await withClient(server.url, async (client) => {
    await loadBars(client, data.bars, LOADED);
    await settle(client);
  });
  await server.stop();
  runNode(MAIN, evening(LOADED, data), folder);
  return EVENINGS.map((session) =>
    measure(`run ${session}, a year of bars`, MAX_EVENING_S, evening(session, data), folder),
  );
}

function measureBackfill(folder: string, data: SharedData): Figure {
  const range = ['--from', '2026-04-01', '--to', '2026-06-30'];
  const args = ['backfill', '--source', 'screener', '--dir', data.screener, ...range];
  return measure('backfill of 62 sessions', MAX_BACKFILL_S, args, folder);
}

function evening(session: string, data: SharedData): string[] {
  return ['run', '--source', 'screener', '--dir', data.screener, '--session', session];
}

/** Runs the command line once in a folder with its database; the note has the time of the phases of a run. */
function measure(name: string, bar: number, args: readonly string[], folder: string): Figure {
  const { durationMs, stdout } = runNode(MAIN, [...args, '--json'], folder);
  const { phases = [] } = JSON.parse(stdout) as { phases?: readonly { phase: string; duration_ms: number }[] };
  const note = phases.map(({ phase, duration_ms: phaseMs }) => `${phase} ${phaseMs} ms`).join(', ');
  return { name, value: durationMs / 1000, unit: 's', bar, note };
}

/** An empty folder, removed afterwards with the database in it. */
async function withFolder<Result>(work: (folder: string) => Result | Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'tickstock-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const data = findSharedData();
if (data) await main(data);
