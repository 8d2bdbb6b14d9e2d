#!/usr/bin/env node
import { ERRORS, OUTPUT_EXIT_CODE, PipelineError } from '../core/errors.js';
import type { Terminal } from './output.js';
import { runProgram } from './program.js';

/** Time a run has to stop after Ctrl-C; after that the process exits, so that a hanging run does not block the terminal. */
const STOP_WITHIN_MS = 1900;

const stop = new AbortController();
let stopWithinMs = STOP_WITHIN_MS;
const terminal: Terminal = {
  out: process.stdout,
  err: process.stderr,
  environment: process.env,
  signal: stop.signal,
  stopWithin: (milliseconds) => (stopWithinMs = milliseconds),
};

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(ERRORS.EOD_CANCELLED.exitCode);
    stop.abort(new PipelineError('EOD_CANCELLED', `stopped by ${name}`));
    setTimeout(() => process.exit(ERRORS.EOD_CANCELLED.exitCode), stopWithinMs).unref();
  });
}

// Neither a pipe that is closed early (`tickstock backfill … | head -1`) nor a log on a full disk stops the work.
let unwritten: NodeJS.ErrnoException | undefined;
process.stderr.on('error', () => undefined);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  // The first says why; later ones, that the stream has ended.
  if (unwritten === undefined) process.stderr.write(`✖ the result cannot be written: ${error.message}\n`);
  unwritten ??= error;
});
process.on('exit', (code) => {
  if (unwritten !== undefined && code === 0) process.exitCode = OUTPUT_EXIT_CODE;
});

process.exitCode = await runProgram(process.argv.slice(2), terminal);
