import type { Command } from '../command.js';
import { backfillCommand } from './backfill.js';
import { configCommand } from './config.js';
import { dbCommand } from './db.js';
import { historyCommand } from './history.js';
import { runCommand } from './run.js';
import { serveCommand } from './serve.js';
import { startCommand } from './start.js';
import { statusCommand } from './status.js';
import { universeCommand } from './universe.js';

/** Every command, one line each, in the order of the help; the file is named after the command. */
export const COMMANDS: readonly Command[] = [
  startCommand,
  runCommand,
  backfillCommand,
  serveCommand,
  universeCommand,
  statusCommand,
  historyCommand,
  dbCommand,
  configCommand,
];
