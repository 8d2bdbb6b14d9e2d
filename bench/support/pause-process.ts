import 'reflect-metadata';
import { CacheSyncPhase } from '../../phases/cache-sync/phase.js';
import { ImportPhase } from '../../phases/import/phase.js';
import { IndicatorsPhase } from '../../phases/indicators/phase.js';
import { loadConfig } from '../../src/config/load.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import { systemClock } from '../../src/core/clock.js';
import { parseSessionDate } from '../../src/core/session.js';
import { VERSION } from '../../src/core/version.js';
import { Database } from '../../src/db/database.js';
import { migrate } from '../../src/db/migrate.js';
import { Orchestrator } from '../../src/orchestrator/run/run.js';
import type { RunProgress } from '../../src/progress/model.js';
import { ProgressTracker } from '../../src/progress/tracker.js';
import { Heartbeat, type Pause } from './heartbeat.js';

/** Measurements of one process: `node pause-process.js URL SCREENER-FOLDER SESSION` prints this as JSON. */
export interface PauseOutcome {
  readonly phases: readonly { readonly id: string; readonly durationMs: number; readonly summary: string }[];
  /** `during` begins with the phase's id. */
  readonly pauses: readonly Pause[];
}

/** A whole run as in a service, with a heartbeat that observes the event loop. */
async function runWithHeartbeat(url: string, dir: string, day: string): Promise<PauseOutcome> {
  const { config, hash } = loadConfig({ flags: { import: { source: 'screener', dir } } });
  const { poolSize, connectTimeoutMs } = config.database;
  const database = Database.connect({ url, poolSize, connectTimeoutMs });
  await migrate(database);
  const calendar = new TradingCalendar(config.calendar.overrides);
  const tracker = new ProgressTracker(systemClock);
  const heartbeat = new Heartbeat();
  tracker.subscribe((_, progress) => heartbeat.mark(describePlace(progress)));
  const orchestrator = new Orchestrator({
    phases: [
      new ImportPhase(database, config, calendar),
      new CacheSyncPhase(database, config, calendar),
      new IndicatorsPhase(database, config, calendar),
    ],
    database,
    tracker,
    clock: systemClock,
    concurrency: config.run.concurrency,
    configHash: hash,
    codeVersion: VERSION,
  });
  const session = parseSessionDate(day);
  heartbeat.start();
  const { phases, error } = await orchestrator.run({ session });
  const pauses = await heartbeat.stop();
  await database.close();
  if (error) throw error;
  return {
    phases: phases.map(({ id, durationMs, report }) => ({ id, durationMs, summary: report?.summary ?? '' })),
    pauses,
  };
}

/** `cache-sync value AAPL`: the phase, its first unfinished task, and the last finished unit. */
function describePlace({ phases }: RunProgress): string {
  const phase = phases.findLast(({ status }) => status !== 'pending');
  const task = phase?.tasks.findLast(({ startedAtMs, done }) => startedAtMs !== null && done > 0);
  return [phase?.id, task?.id, task?.current].filter(Boolean).join(' ');
}

const [url = '', dir = '', session = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await runWithHeartbeat(url, dir, session)));
