import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Launch } from './launch-spec.js';

/**
 * The whole environment of PostgreSQL's programs. Nothing else is passed on: PG* variables change their behaviour, and LANG or LC_ALL with
 * a locale that the machine lacks makes initdb fail.
 */
function childEnvironment(): NodeJS.ProcessEnv {
  const kept = process.platform === 'win32' ? ['SystemRoot', 'TEMP', 'TMP', 'USERPROFILE', 'APPDATA'] : ['TMPDIR'];
  const inherited = Object.fromEntries(kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  return { ...inherited, PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', LANG: 'C', TZ: 'UTC' };
}

/**
 * Starts a program in its own session: Ctrl-C in a terminal reaches every process of the foreground group, and the server must run until
 * its clients have cancelled cleanly.
 */
export function launchProcess(launch: Launch, output: 'pipe' | number): ChildProcess {
  return spawn(launch.file, launch.args, {
    // The working directory of this program may not be accessible to the server's user.
    cwd: process.platform === 'win32' ? undefined : '/',
    env: childEnvironment(),
    stdio: ['ignore', output, output],
    detached: process.platform !== 'win32',
    windowsHide: true,
    ...(launch.uid === undefined ? {} : { uid: launch.uid }),
    ...(launch.gid === undefined ? {} : { gid: launch.gid }),
  });
}

export interface LaunchOutcome {
  /** Null when a signal ended it or it could not be started. */
  readonly exitCode: number | null;
  /** Both streams, or the system error when it could not be started. */
  readonly output: string;
}

/** Runs a program to its end. Aborting interrupts it and waits for its exit, so that nothing writes afterwards. */
export function runToEnd(launch: Launch, signal?: AbortSignal): Promise<LaunchOutcome> {
  return new Promise((resolve) => {
    const child = launchProcess(launch, 'pipe');
    const interrupt = (): void => void child.kill('SIGINT');
    let output = '';
    const finish = (exitCode: number | null): void => {
      signal?.removeEventListener('abort', interrupt);
      resolve({ exitCode, output: output.trim() });
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-20_000)));
    }
    child.once('error', (error) => {
      output += error.message;
      finish(null);
    });
    child.once('close', (code) => finish(code));
    if (signal?.aborted === true) interrupt();
    signal?.addEventListener('abort', interrupt);
  });
}
