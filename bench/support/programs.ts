import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/** Root of the checkout. */
export const ROOT = resolve(import.meta.dirname, '../..');

export interface Ended {
  readonly durationMs: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end; the time is that of the whole process.
 * @throws when it cannot be started or fails, with its stderr
 */
export function runProgram(file: string, args: readonly string[], cwd: string = ROOT): Ended {
  const startedAt = performance.now();
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd, encoding: 'utf8', maxBuffer: 64 << 20 });
  const durationMs = performance.now() - startedAt;
  if (status !== 0) throw error ?? new Error(`${file} ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`);
  return { durationMs, stdout, stderr };
}

export function runNode(script: string, args: readonly string[], cwd?: string): Ended {
  return runProgram(process.execPath, [script, ...args], cwd);
}

/** Compiles a project of this checkout: measurements use JavaScript as it is published, without a loader that transpiles. */
export function compile(project: string): void {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  runNode(compiler, ['-p', join(ROOT, project)]);
}
