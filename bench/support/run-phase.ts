import 'reflect-metadata';
import { ImportPhase } from '../../phases/import/phase.js';
import { CacheSyncPhase } from '../../phases/cache-sync/phase.js';
import { loadConfig } from '../../src/config/load.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import { systemClock } from '../../src/core/clock.js';
import { parseSessionDate } from '../../src/core/session.js';
import { Database } from '../../src/db/database.js';
import { migrate } from '../../src/db/migrate.js';
import { Orchestrator } from '../../src/orchestrator/run/run.js';
import { ProgressTracker } from '../../src/progress/tracker.js';
import { VERSION } from '../../src/core/version.js';

/** Measurements of one process: `node sync-process.js URL SCREENER-FOLDER SESSION PHASE` prints this as JSON. */
export interface SyncOutcome {
  /** Of the phase, from the result of the run. */
  readonly durationMs: number;
  /** Highest resident memory of this process, in MB of 10^6 bytes. */
  readonly peakMemoryMb: number;
  readonly summary: string;
}

/** Runs one phase in a process of its own with the setup of the command: modules are loaded, without further warm-up. */
async function runPhase(url: string, dir: string, day: string, phase: string): Promise<SyncOutcome> {
  const { config, hash } = loadConfig({ flags: { import: { source: 'screener', dir } } });
  const { poolSize, connectTimeoutMs } = config.database;
  const database = Database.connect({ url, poolSize, connectTimeoutMs });
  await migrate(database);
  const calendar = new TradingCalendar(config.calendar.overrides);
  const orchestrator = new Orchestrator({
    phases: [new ImportPhase(database, config, calendar), new CacheSyncPhase(database, config, calendar)],
    database,
    tracker: new ProgressTracker(systemClock),
    clock: systemClock,
    concurrency: config.run.concurrency,
    configHash: hash,
    codeVersion: VERSION,
  });
  const session = parseSessionDate(day);
  calendar.assertClosedSession(session, systemClock.now());
  const { phases, error } = await orchestrator.run({ session, phases: [phase] });
  await database.close();
  const [result] = phases;
  if (error || !result?.report) throw error ?? new Error(`${phase} did not run`);
  return {
    durationMs: result.durationMs,
    peakMemoryMb: (process.resourceUsage().maxRSS * 1024) / 1e6,
    summary: result.report.summary,
  };
}

const [url = '', dir = '', session = '', phase = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await runPhase(url, dir, session, phase)));
