import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const PROGRAM = '/usr/sbin/pgbouncer';
/** PgBouncer refuses to run as root. */
const NOBODY = 65534;

/** A PgBouncer of a test's own, with the settings of its package but for what is needed to reach it. */
export interface TestPooler {
  /** The database as clients reach it through the pooler. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Leaves a block out, and says so, on a machine that has no pgbouncer; CI has one. */
export function skipWithoutPgBouncer(context: Mocha.Context): void {
  if (spawnSync(PROGRAM, ['--version']).error === undefined) return;
  process.stderr.write('skipped, as pgbouncer is not installed here:\n');
  context.skip();
}

/** @param url of the database, with the user that the pooler connects as */
export async function startPgBouncer(url: string, mode: 'session' | 'transaction'): Promise<TestPooler> {
  const folder = await mkdtemp(join(tmpdir(), 'tickstock-pgbouncer-'));
  const port = await findFreePort();
  const { hostname, port: serverPort, username, password } = new URL(url);
  const server = [
    `host=${hostname}`,
    `port=${serverPort || 5432}`,
    `user=${decodeURIComponent(username)}`,
    ...(password === '' ? [] : [`password=${decodeURIComponent(password)}`]),
  ];
  const file = join(folder, 'pgbouncer.ini');
  await writeFile(
    file,
    `[databases]\n* = ${server.join(' ')}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\n` +
      `auth_type = any\npool_mode = ${mode}\ndefault_pool_size = 10\n`,
  );
  await chmod(folder, 0o755);
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(PROGRAM, [file], { stdio: 'ignore', ...user });
  const kill = (): boolean => child.kill('SIGKILL');
  process.on('exit', kill);
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`pgbouncer has ended with ${child.exitCode}`);
    await pause(10);
  }
  const pooled = Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) });
  return {
    url: pooled.href,
    stop: async () => {
      const ended = once(child, 'exit');
      kill();
      await ended;
      process.off('exit', kill);
      await rm(folder, { recursive: true });
    },
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const [found] = await Promise.race([
    once(socket, 'connect').then(() => [true]),
    once(socket, 'error').then(() => [false]),
  ]).catch(() => [false]);
  socket.destroy();
  return found === true;
}
