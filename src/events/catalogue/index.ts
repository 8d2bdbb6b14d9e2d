import type { EventDefinition } from '../event.js';
import {
  cacheSyncCompleted,
  cacheSyncPhaseCompleted,
  cacheSyncProgress,
  cacheSyncStarted,
  cacheSyncTriggered,
  delistingCleanup,
  holdOpened,
  ipoAssigned,
  universeUpdated,
} from './cache.js';
import { processingError } from './errors.js';
import { dataImportCompleted, dataImportStarted, importProgress } from './import.js';
import { indicatorProcessingCompleted, indicatorProcessingStarted, indicatorProgress } from './indicators.js';
import { jobProgressUpdate } from './monitoring.js';
import {
  dailyProcessingCompleted,
  dailyProcessingProgress,
  dailyProcessingStarted,
  eodCompleted,
} from './processing.js';
import { scheduleUpdated, sessionVerdict } from './schedule.js';
import { barsRestated, securityRenamed } from './securities.js';

export { CACHE_TASKS, CHANGE_TYPES, LISTED_TICKERS } from './cache.js';
export {
  cacheSyncCompleted,
  cacheSyncPhaseCompleted,
  cacheSyncProgress,
  cacheSyncStarted,
  cacheSyncTriggered,
  dailyProcessingCompleted,
  dailyProcessingProgress,
  dailyProcessingStarted,
  dataImportCompleted,
  dataImportStarted,
  delistingCleanup,
  eodCompleted,
  holdOpened,
  importProgress,
  indicatorProcessingCompleted,
  indicatorProcessingStarted,
  indicatorProgress,
  ipoAssigned,
  jobProgressUpdate,
  processingError,
  scheduleUpdated,
  sessionVerdict,
  securityRenamed,
  barsRestated,
  universeUpdated,
};

/** All events, in the order a run sends them. The documentation and the contract tests are generated from this list. */
export const EVENTS: readonly EventDefinition[] = [
  dailyProcessingStarted,
  dailyProcessingProgress,
  dailyProcessingCompleted,
  eodCompleted,
  scheduleUpdated,
  sessionVerdict,
  dataImportStarted,
  importProgress,
  dataImportCompleted,
  cacheSyncTriggered,
  cacheSyncStarted,
  cacheSyncProgress,
  cacheSyncPhaseCompleted,
  cacheSyncCompleted,
  universeUpdated,
  ipoAssigned,
  securityRenamed,
  barsRestated,
  delistingCleanup,
  holdOpened,
  indicatorProcessingStarted,
  indicatorProgress,
  indicatorProcessingCompleted,
  jobProgressUpdate,
  processingError,
];
