/** A process of its own that syncs a session and kills itself when a task is done: no code of ours gets to clean up. */
import 'reflect-metadata';
import { CacheSyncPhase } from '../../../../phases/cache-sync/phase.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import { systemClock } from '../../../../src/core/clock.js';
import type { SessionDate } from '../../../../src/core/session.js';
import { Database } from '../../../../src/db/database.js';
import { Orchestrator } from '../../../../src/orchestrator/run/run.js';
import { ProgressTracker } from '../../../../src/progress/tracker.js';
import { configOf } from '../../../support/market.js';

const [url = '', session = '', task = ''] = process.argv.slice(2);
const database = Database.connect({ url, poolSize: 4, connectTimeoutMs: 5000 });
const tracker = new ProgressTracker(systemClock);
tracker.subscribe((event) => {
  if (event.type === 'task-finished' && event.taskId === task) process.kill(process.pid, 'SIGKILL');
});
const phase = new CacheSyncPhase(database, configOf(), new TradingCalendar());
Object.defineProperty(phase, 'needs', { value: [] });
await new Orchestrator({
  phases: [phase],
  database,
  tracker,
  clock: systemClock,
  concurrency: 2,
  configHash: 'test',
  codeVersion: 'test',
}).run({ session: session as SessionDate });
