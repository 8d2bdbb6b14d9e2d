#!/usr/bin/env node
import { ERRORS, PipelineError } from '../core/errors.js';
import type { Terminal } from './output.js';
import { runProgram } from './program.js';

/** A run has this long to stop by itself after Ctrl-C; what then still hangs must not keep the terminal. */
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

// `tickstock backfill … | head -1` closes the pipe early: that is the reader's right, no error, and no reason to stop the work.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await runProgram(process.argv.slice(2), terminal);
