import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { startEmbeddedServer } from '../../../src/db/embedded/server.js';
import type { EmbeddedServer } from '../../../src/db/embedded/server.js';

const PROGRAM = fileURLToPath(new URL('start-server.ts', import.meta.url));

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));

interface Elsewhere {
  readonly url: string;
  readonly port: number;
  readonly started: string;
  readonly pid: number;
  readonly child: ChildProcess;
}

export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

export async function readServerPid(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'pg18/postmaster.pid'), 'utf8'), 10);
}

/** Without zombies: the test program may run where nobody collects them. */
export function isRunning(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)])
      .toString()
      .startsWith('Z');
  } catch {
    return false;
  }
}

/** The test's own time limit is the only one. */
export async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

/** What these tests have in common; registers its hooks. */
export function useEmbedded() {
  let root: string;
  /** A cluster made once, stopped, copied by the tests that need an existing one. */
  let made: string;
  const servers: EmbeddedServer[] = [];
  const children: ChildProcess[] = [];

  const start = async (dataDir: string, more: { signal?: AbortSignal } = {}): Promise<EmbeddedServer> => {
    const server = await startEmbeddedServer({ dataDir, ...more });
    servers.push(server);
    return server;
  };

  /** A folder whose cluster exists and holds the table `kept` with one row. */
  const copyMade = async (name: string): Promise<string> => {
    const dataDir = join(root, name);
    await mkdir(dataDir);
    execFileSync('cp', ['-a', join(made, 'pg18'), dataDir]);
    return dataDir;
  };

  const startElsewhere = async (dataDir: string, then = 'wait', env: NodeJS.ProcessEnv = {}): Promise<Elsewhere> => {
    const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, dataDir, then], {
      cwd: CHECKOUT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    children.push(child);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return { ...(JSON.parse(line.toString()) as Omit<Elsewhere, 'child'>), child };
  };

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'embedded-test-'));
    made = join(root, 'made');
    const server = await startEmbeddedServer({ dataDir: made });
    await query(server.url, 'create table kept as select 1 as n');
    await server.stop();
  });

  afterEach(async () => {
    children.splice(0).forEach((child) => child.kill('SIGKILL'));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  after(() => rm(root, { recursive: true, force: true }));
  return {
    get root() {
      return root;
    },
    get made() {
      return made;
    },
    servers,
    children,
    start,
    copyMade,
    startElsewhere,
  };
}
