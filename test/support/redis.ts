import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';

export interface TestRedisOptions {
  /** Where it listens: a unix socket unless told otherwise. */
  readonly listen?: 'socket' | 'tcp' | 'tls';
  /** Arguments of `redis-server`: `['--requirepass', 'secret']`. */
  readonly args?: readonly string[];
  /** False: `restart` starts it for the first time. */
  readonly started?: boolean;
}

/** A real redis-server of a test's own, in a folder of its own. */
export interface TestRedis {
  /** Without user and password. */
  readonly url: string;
  /** The certificate of `tls`, PEM. */
  readonly ca: string;
  /** A client with full rights; `stop` closes it. */
  connect(options?: { username?: string; password?: string }): Redis;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again where it was, with what it had saved, which by default is nothing; with other arguments where given. */
  restart(args?: readonly string[]): Promise<void>;
  /** Keeps it from running at all, with its connections open: whatever is asked of it waits. */
  pause(): void;
  resume(): void;
  /** Ends it and deletes its folder. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Leaves a test or, in a `before`, a block out, and says so, on a machine that has no redis-server; CI has one. */
export function skipWithoutRedis(context: Mocha.Context): void {
  if (spawnSync('redis-server', ['--version']).error === undefined) return;
  process.stderr.write('skipped, as redis-server is not installed here:\n');
  context.skip();
}

export async function startRedis({ listen = 'socket', args = [], started = true }: TestRedisOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'tickstock-redis-'));
  const port = listen === 'socket' ? 0 : await findFreePort();
  const socket = join(folder, 'redis.sock');
  const ca = listen === 'tls' ? await makeCertificate(folder) : '';
  const clients: Redis[] = [];
  let child: ChildProcess | undefined;

  const start = async (extra: readonly string[]): Promise<void> => {
    const address =
      listen === 'tls'
        ? ['--port', '0', '--tls-port', String(port), ...tlsArguments(folder)]
        : ['--port', String(port)];
    const common = ['--unixsocket', socket, '--dir', folder, '--save', '', '--bind', '127.0.0.1'];
    child = spawn('redis-server', [...address, ...common, ...extra], { stdio: 'ignore' });
    running.add(child);
    await untilListening(socket, child);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    child.kill('SIGCONT');
    await ended;
    running.delete(child);
  };

  if (started) await start(args);
  const redis: TestRedis = {
    url: { socket, tcp: `redis://127.0.0.1:${port}`, tls: `rediss://localhost:${port}` }[listen],
    ca,
    connect: (options = {}) => {
      const client = new Redis({ path: socket, ...options });
      clients.push(client);
      return client;
    },
    kill: () => end('SIGKILL'),
    restart: async (extra = args) => {
      await end('SIGTERM');
      await start(extra);
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    stop: async () => {
      for (const client of clients) client.disconnect();
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
  return redis;
}

/** A port that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(socket: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    const connected = await new Promise<boolean>((resolve) => {
      const probe = connect(socket, () => resolve(true)).on('error', () => resolve(false));
      probe.unref();
      void once(probe, 'connect').then(
        () => probe.destroy(),
        () => probe.destroy(),
      );
    });
    if (connected) return;
    await pause(10);
  }
  throw new Error('redis-server does not listen');
}

function tlsArguments(folder: string): string[] {
  const [certificate, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  // prettier-ignore
  return ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no'];
}

async function makeCertificate(folder: string): Promise<string> {
  const [certificate, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  // prettier-ignore
  const { status, stderr } = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
    '-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
    { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl: ${stderr}`);
  return readFile(certificate, 'utf8');
}
