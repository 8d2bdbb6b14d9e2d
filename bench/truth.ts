import 'reflect-metadata';
import { readdir, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { CacheSyncPhase } from '../phases/cache-sync/phase.js';
import { loadConfig } from '../src/config/load.js';
import { TradingCalendar } from '../src/core/calendar.js';
import { systemClock } from '../src/core/clock.js';
import type { SessionDate } from '../src/core/session.js';
import { Database } from '../src/db/database.js';
import { migrate } from '../src/db/migrate.js';
import { createPipeline } from '../src/index.js';
import { runPhase } from '../test/support/phase-context.js';
import { openServer } from './support/bench-server.js';
import { importRealSession, readYear } from './support/real-year.js';
import { findSharedData } from './support/shared-data.js';
import { reportTruth, YEAR_LABELS, type Label } from './support/truth-report.js';

/**
 * How often a wrong market cap reaches the top lists, and what the gates do on faulty sessions.
 *
 *  1. The sessions of a folder of screener files (`YYYY-MM-DD/{nasdaq,nyse,amex}.json.gz`), or those of the year of real bars, are imported
 *     and synced in order, in an empty database. Days without a session, and sessions that fail, are listed.
 *  2. Every market cap of the lists is compared with the share count that the source stated most of the time around that session
 *     (`support/share-reference.ts`).
 *  3. Printed: holds by kind and age, the lists with a member whose cap is off by more than 1.5 ×, each case of the first 100 by name, what a
 *     person is asked about.
 *
 * `npm run bench -- truth [DIR] [--labels FILE] [--from 2020-01-01] [--to 2020-12-31]`; FILE is CSV of `session,fault`. On the embedded server, or
 * on the one of DATABASE_URL.
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    labels: { type: 'string' },
    from: { type: 'string', default: '0000-00-00' },
    to: { type: 'string', default: '9999-12-31' },
  },
});

async function main(dir: string | undefined): Promise<void> {
  const shared = dir === undefined ? findSharedData() : undefined;
  if (dir === undefined && shared === undefined) return;
  const labels =
    options.labels === undefined ? (dir === undefined ? YEAR_LABELS : []) : await readLabels(options.labels);
  const server = await openServer(process.env['DATABASE_URL']);
  const pool = new pg.Pool({ connectionString: await server.create('bench_truth'), max: 4 });
  // A pool counts as ended before its connections have gone; the database is dropped right after.
  pool.on('error', () => undefined);
  try {
    if (shared === undefined) await syncFolder(pool, dir ?? '');
    else {
      const database = Database.connect({ url: server.urlOf('bench_truth'), poolSize: 4, connectTimeoutMs: 5000 });
      await migrate(database);
      const phase = toPhase(database);
      for await (const real of readYear(shared)) {
        if (real.session < options.from || real.session > options.to) continue;
        await importRealSession(database, real);
        await runPhase(phase, database, { session: real.session });
        showProgress(real.session);
      }
      await database.close();
    }
    await reportTruth(pool, labels);
  } finally {
    await pool.end();
    await server.close();
  }
}

function toPhase(database: Database): CacheSyncPhase {
  const { config } = loadConfig({ options: { import: { source: 'existing' } } });
  return new CacheSyncPhase(database, config, new TradingCalendar(config.calendar.overrides));
}

async function syncFolder(pool: pg.Pool, dir: string): Promise<void> {
  const pipeline = await createPipeline({
    database: pool,
    config: { options: { import: { source: 'screener', dir } } },
  });
  const calendar = new TradingCalendar();
  const days = (await readdir(dir)).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name)).toSorted();
  for (const day of days.filter((each) => each >= options.from && each <= options.to)) {
    const session = day as SessionDate;
    try {
      calendar.assertClosedSession(session, systemClock.now());
      const { error } = await pipeline.run({ session, phases: ['import', 'cache-sync'] });
      if (error !== undefined) throw error;
      showProgress(session);
    } catch (error) {
      console.log(`${session} not synced: ${(error as Error).message}`);
    }
  }
  await pipeline.close();
}

let count = 0;

function showProgress(session: string): void {
  count += 1;
  if (count % 20 === 0) console.log(`${session}: ${count} sessions`);
}

async function readLabels(file: string): Promise<Label[]> {
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/);
  return lines.flatMap((line) => {
    const [session = '', ...fault] = line.split(',');
    return /^\d{4}-\d\d-\d\d$/.test(session.trim()) ? [{ session: session.trim(), fault: fault.join(',').trim() }] : [];
  });
}

await main(positionals[0]);
