import type { Config } from '../config/schema/index.js';
import type { TradingCalendar } from '../core/calendar.js';
import type { Clock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import type { Phase } from '../core/phase.js';
import type { Database } from '../db/database.js';
import type { LeaseTimes } from '../db/lease.js';
import type { EventRelay } from '../events/relay.js';
import type { Notifier } from '../notify/notifier.js';
import type { ProgressTracker } from '../progress/tracker.js';
import type { LoadJobs } from './load-jobs/load-jobs.js';
import type { Orchestrator } from './run/run.js';
import type { Scheduler } from './schedule/scheduler.js';

/** Where the data is stored, as shown to users. */
export interface DataStorage {
  readonly kind: 'embedded' | 'server' | 'host';
  /** Folder of the embedded server, or address without the password. */
  readonly location: string;
  /** Connection URL for any client. */
  readonly url: string | null;
}

export interface PipelineParts {
  readonly database: Database;
  readonly orchestrator: Orchestrator;
  readonly phases: readonly Phase[];
  readonly calendar: TradingCalendar;
  readonly tracker: ProgressTracker;
  /** The clock of the database, or that of a host. */
  readonly clock: Clock;
  /** The clock of this process, or that of a host. */
  readonly processClock: Clock;
  /** Reads what a run must know beforehand: the clock of the database, and closures that were announced. */
  readonly refresh: () => Promise<void>;
  readonly storage: DataStorage;
  readonly config: Config;
  readonly logger: Logger;
  /** Null when Redis is not configured: events then wait in the database. */
  readonly relay: EventRelay | null;
  /** Null when Redis is not configured, is that of a host, or its load jobs are answered by another program. */
  readonly loadJobs: LoadJobs | null;
  readonly notifier: Notifier;
  readonly scheduler: Scheduler;
  readonly lease: LeaseTimes;
  readonly dispose: () => Promise<void>;
}
