import type { Routes } from '../route.js';
import { cacheSyncStats } from './cache-sync-stats.js';
import { cacheSync } from './cache-sync.js';
import { calendar } from './calendar.js';
import { diff } from './diff.js';
import { events } from './events.js';
import { exceptions } from './exceptions.js';
import { health } from './health.js';
import { holds } from './holds.js';
import { metrics } from './metrics.js';
import { processingCancel } from './processing-cancel.js';
import { processingHistory } from './processing-history.js';
import { processingSchedule } from './processing-schedule.js';
import { processingStatus } from './processing-status.js';
import { processingTrigger } from './processing-trigger.js';
import { runs } from './runs.js';
import { security } from './security.js';
import { sessions } from './sessions.js';
import { symbolUniverses } from './symbol-universes.js';
import { universes } from './universes.js';
import { why } from './why.js';

/** Every group of routes, one line each, in the order of the documentation; the key is the file's name. */
export const ROUTES: Readonly<Record<string, Routes>> = {
  health,
  'processing-trigger': processingTrigger,
  'processing-status': processingStatus,
  'processing-history': processingHistory,
  'processing-cancel': processingCancel,
  'processing-schedule': processingSchedule,
  calendar,
  sessions,
  'cache-sync': cacheSync,
  'cache-sync-stats': cacheSyncStats,
  universes,
  diff,
  why,
  'symbol-universes': symbolUniverses,
  security,
  holds,
  exceptions,
  runs,
  events,
  metrics,
};
