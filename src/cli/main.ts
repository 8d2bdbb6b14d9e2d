#!/usr/bin/env node
import { ERRORS, PipelineError } from '../core/errors.js';
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

// `tickstock backfill … | head -1` closes the pipe early. That is not an error and does not stop the work.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await runProgram(process.argv.slice(2), terminal);
