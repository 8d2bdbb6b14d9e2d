import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../../bench/support/programs.js';

export interface ServiceOptions {
  /** Start time of the service's clock, UTC. */
  readonly evening: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** `tickstock serve`, as a process of its own. */
export interface Service {
  readonly address: string;
  /** SIGTERM, and waits for the end. @throws when its exit code is not 0 */
  stop(): Promise<void>;
}

const MAIN = join(ROOT, 'src/cli/main.ts');
const CLOCK = join(ROOT, 'docs/callback/evening.ts');

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Starts it on a free port and waits until it listens. Settings in the environment of the shell are not passed on. */
export async function startService({ evening, environment }: ServiceOptions): Promise<Service> {
  const ours = /^(TICKSTOCK|DATABASE_URL|REDIS_URL|NODE_OPTIONS)/;
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
  const child = spawn(process.execPath, ['--import=tsx', `--import=${CLOCK}`, MAIN, 'serve', '--port', '0', '--json'], {
    cwd: ROOT,
    env: { ...inherited, EVENING: evening, TICKSTOCK_DATABASE_CLOCK: 'process', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const ended = once(child, 'exit').then(([code]) => {
    running.delete(child);
    return Number(code);
  });
  const early = ended.then((code) => Promise.reject(new Error(`tickstock serve ended with ${code}: ${said.join('')}`)));
  early.catch(() => undefined);
  const address = await Promise.race([readAddress(child.stdout), early]);
  return {
    address,
    stop: async () => {
      child.kill('SIGTERM');
      const code = await ended;
      if (code !== 0) throw new Error(`tickstock serve ended with ${code}: ${said.join('')}`);
    },
  };
}

/** With --json its first output is one document with the address. */
async function readAddress(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const found = /"address":\s*"([^"]+)"/.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error('tickstock serve did not say where it listens');
}
