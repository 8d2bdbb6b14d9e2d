import type { Cause } from '../cause.js';
import { exceptionOld } from './exception-old.sql.js';
import { exceptionOpened } from './exception-opened.sql.js';
import { holdOld } from './hold-old.sql.js';
import { holdOpened } from './hold-opened.sql.js';
import { runFailed } from './run-failed.sql.js';
import { runTakenOver } from './run-taken-over.sql.js';
import { sessionCaughtUp } from './session-caught-up.sql.js';
import { sessionLate } from './session-late.sql.js';
import { sessionMissed } from './session-missed.sql.js';

/** Every cause, in the order in which messages of one moment are sent. */
export const CAUSES: readonly Cause[] = [
  sessionLate,
  sessionMissed,
  runFailed,
  runTakenOver,
  holdOpened,
  exceptionOpened,
  sessionCaughtUp,
  holdOld,
  exceptionOld,
];
