import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SessionDate } from '../../src/core/session.js';

const SCRIPT = fileURLToPath(new URL('doomed-process.ts', import.meta.url));

/** Makes runs in processes that are killed. The next process is started ahead: it takes longer to load than a run takes. */
export class DoomedRuns {
  #spare: ChildProcess | undefined;

  constructor(
    private readonly url: string,
    private readonly redisUrl: string,
  ) {}

  prepare(): void {
    this.#spare ??= spawn(process.execPath, ['--import', 'tsx', SCRIPT, this.url, this.redisUrl], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  /** Begins a run and kills its process after a time. @returns the run's id */
  async make(session: SessionDate, killAfterMs: number): Promise<string> {
    this.prepare();
    const child = this.#spare as ChildProcess;
    this.#spare = undefined;
    const exited = once(child, 'exit');
    child.stdin?.write(`${session}\n`);
    const [runId] = (await Promise.race([
      once(child.stdout as NodeJS.ReadableStream, 'data'),
      exited.then(() => Promise.reject(new Error('the process ended before its run began'))),
    ])) as [Buffer];
    await delay(killAfterMs);
    child.kill('SIGKILL');
    await exited;
    return runId.toString().trim();
  }

  stop(): void {
    this.#spare?.kill('SIGKILL');
  }
}
