import type { Command } from '../command.js';
import { backfillCommand } from './backfill.js';
import { configCommand } from './config.js';
import { dbCommand } from './db.js';
import { diffCommand } from './diff.js';
import { historyCommand } from './history.js';
import { holdsCommand } from './holds.js';
import { parityCommand } from './parity.js';
import { runCommand } from './run.js';
import { serveCommand } from './serve.js';
import { startCommand } from './start.js';
import { statusCommand } from './status.js';
import { symbolCommand } from './symbol.js';
import { universeCommand } from './universe.js';
import { whyCommand } from './why.js';

/** Every command, one line each, in the order of the help; the file is named after the command. */
export const COMMANDS: readonly Command[] = [
  startCommand,
  runCommand,
  backfillCommand,
  serveCommand,
  universeCommand,
  symbolCommand,
  diffCommand,
  whyCommand,
  holdsCommand,
  parityCommand,
  statusCommand,
  historyCommand,
  dbCommand,
  configCommand,
];
