import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface ProcessResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  /** It is started there. Default: the project's. */
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** `node --import …` of this, and TypeScript runs in a project that has no tools of its own. */
export const TSX = import.meta.resolve('tsx');

/** Runs a program to its end. Settings of the surrounding shell do not reach it. */
export async function runProcess(
  command: string,
  args: readonly string[],
  { folder = ROOT, environment = {}, onStart }: ProcessOptions = {},
): Promise<ProcessResult> {
  const ours = /^(TICKSTOCK|DATABASE_URL|REDIS_URL|NODE_OPTIONS)/;
  const inherited = Object.entries(process.env).filter(([name]) => !ours.test(name));
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onStart?.(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exitCode = await new Promise<number | null>((resolve, reject) =>
    child.on('error', reject).on('close', resolve),
  );
  return { exitCode, stdout, stderr };
}
