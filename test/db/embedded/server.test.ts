import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Client } from 'pg';
import { startEmbeddedServer, startEmbeddedServerAs } from '../../../src/db/embedded/server.js';
import type { EmbeddedServer } from '../../../src/db/embedded/server.js';

const PROGRAM = fileURLToPath(new URL('start-server.ts', import.meta.url));
const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));

describe('embedded PostgreSQL', function () {
  this.timeout(60_000);

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

  it('makes a cluster on the first start, with the database, in a folder it makes', async () => {
    const dataDir = join(root, 'new', 'deep');

    const server = await start(dataDir);

    expect(server).to.include({ started: 'initialised', dataDir });
    expect(server.url).to.equal(`postgres://postgres@127.0.0.1:${server.port}/tickstock`);
    expect(await query(server.url, 'select current_database() as name, current_user as who')).to.deep.equal([
      { name: 'tickstock', who: 'postgres' },
    ]);
    expect(await readdir(dataDir)).to.have.members(['pg18', 'pg18.log']);
  });

  it('starts an existing cluster with its data', async () => {
    const server = await start(await copyMade('second'));

    expect(server.started).to.equal('started');
    expect(await query(server.url, 'select n from kept')).to.deep.equal([{ n: 1 }]);
  });

  it('sorts and classifies text the same on every machine, keeps UTC, and stays durable', async () => {
    const server = await start(await copyMade('settings'));

    const [row] = await query(
      server.url,
      `select current_setting('server_encoding') as encoding, datlocprovider as provider, datlocale as locale,
              current_setting('timezone') as timezone, current_setting('fsync') as fsync,
              current_setting('synchronous_commit') as commit, current_setting('listen_addresses') as addresses,
              current_setting('unix_socket_directories') as sockets
         from pg_database where datname = 'tickstock'`,
    );

    expect(row).to.deep.equal({
      encoding: 'UTF8',
      provider: 'b',
      locale: 'C.UTF-8',
      timezone: 'UTC',
      fsync: 'on',
      commit: 'on',
      addresses: '127.0.0.1',
      sockets: '',
    });
  });

  it('takes settings of the caller', async () => {
    const dataDir = await copyMade('overrides');

    const server = await startEmbeddedServer({ dataDir, settings: { work_mem: '7MB' } });
    servers.push(server);

    expect(await query(server.url, 'show work_mem')).to.deep.equal([{ work_mem: '7MB' }]);
  });

  it('joins the server that another process runs, and leaves it running', async () => {
    const dataDir = await copyMade('joined');
    const other = await startElsewhere(dataDir);

    const server = await start(dataDir);
    await server.stop();

    expect(server).to.include({ started: 'joined', port: other.port, dataDir });
    expect(await query(other.url, 'select n from kept')).to.deep.equal([{ n: 1 }]);
  });

  it('stops only when the processes that joined have left', async () => {
    const dataDir = await copyMade('used');
    const owner = await startElsewhere(dataDir);
    const joined = await start(dataDir);
    owner.child.kill('SIGTERM');
    await sleep(1000);

    const rows = await query(joined.url, 'select n from kept');
    await joined.stop();
    await waitUntil(() => owner.child.exitCode !== null || owner.child.signalCode !== null);

    expect(owner.child.exitCode).to.equal(0);
    expect([owner.started, joined.started]).to.deep.equal(['started', 'joined']);
    expect(rows).to.deep.equal([{ n: 1 }]);
    expect(await readdir(join(dataDir, 'pg18'))).not.to.include('postmaster.pid');
  });

  it('does not wait for the processes that joined once it is aborted', async () => {
    const dataDir = await copyMade('impatient');
    const controller = new AbortController();
    const server = await start(dataDir, { signal: controller.signal });
    const joined = await startElsewhere(dataDir);
    const stopped = server.stop();
    await sleep(300);
    const [row] = await query(server.url, 'select n from kept');

    controller.abort();
    await stopped;

    expect(joined.started).to.equal('joined');
    expect(row).to.deep.equal({ n: 1 });
    expect(await readdir(join(dataDir, 'pg18'))).not.to.include('postmaster.pid');
  });

  it('lets one of several simultaneous first starts make the cluster and the others join', async () => {
    const dataDir = join(root, 'together');

    const [first, second, third] = await Promise.all([start(dataDir), startElsewhere(dataDir), start(dataDir)]);

    const all = [first, second, third];
    expect(all.map(({ started }) => started)).to.have.members(['initialised', 'joined', 'joined']);
    expect(new Set(all.map(({ port }) => port)).size).to.equal(1);
  });

  it('stops once, however often it is told to', async () => {
    const server = await start(await copyMade('stopped'));
    const pid = await readServerPid(server.dataDir);

    await Promise.all([server.stop(), server.stop()]);
    await server.stop();

    expect(isRunning(pid)).to.equal(false);
    expect(await readdir(join(server.dataDir, 'pg18'))).not.to.include('postmaster.pid');
  });

  it('does not keep the program that started it from ending, and ends with it', async function () {
    if (process.platform !== 'linux') this.skip();
    const dataDir = await copyMade('ending');
    const other = await startElsewhere(dataDir, 'end');
    if (other.child.exitCode === null) await once(other.child, 'exit');

    const server = await start(dataDir);

    expect(other.child.exitCode).to.equal(0);
    expect(server.started).to.equal('started');
  });

  it('leaves no server behind when its program is killed, and starts again', async function () {
    if (process.platform !== 'linux') this.skip();
    const dataDir = await copyMade('killed');
    const other = await startElsewhere(dataDir);
    const pid = await readServerPid(dataDir);

    other.child.kill('SIGKILL');
    await waitUntil(() => !isRunning(pid));

    const server = await start(dataDir);
    expect(server.started).to.equal('started');
    expect(await query(server.url, 'select n from kept')).to.deep.equal([{ n: 1 }]);
  });

  it('recovers committed data when program and server are both killed', async () => {
    const dataDir = await copyMade('crashed');
    const other = await startElsewhere(dataDir);
    await query(other.url, 'insert into kept values (2)');
    const pid = await readServerPid(dataDir);
    other.child.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');

    const server = await start(dataDir);

    expect(server.started).to.equal('started');
    expect(await query(server.url, 'select n from kept order by n')).to.deep.equal([{ n: 1 }, { n: 2 }]);
  });

  it('is not taken down by Ctrl-C: it is outside the process group of the terminal', async function () {
    if (process.platform === 'win32') this.skip();
    const server = await start(await copyMade('group'));

    const group = execFileSync('ps', ['-o', 'pgid=', '-p', String(await readServerPid(server.dataDir))]);

    expect(Number(group)).to.equal(await readServerPid(server.dataDir));
  });

  it('starts over a pid file whose pid belongs to another program now', async () => {
    const dataDir = await copyMade('reused');
    const other = spawn('sleep', ['60'], { stdio: 'ignore' });
    children.push(other);
    await writeFile(join(dataDir, 'pg18/postmaster.pid'), await crashedPidFile(dataDir, other.pid ?? 0));

    const server = await start(dataDir);

    expect(server.started).to.equal('started');
  });

  it('starts over a pid file whose server is a zombie that nobody collects', async function () {
    if (process.platform !== 'linux') this.skip();
    const dataDir = await copyMade('zombie');
    const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(parent);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const zombie = Number(line.toString());
    const ask = (what: string, pid: unknown): string =>
      execFileSync('ps', ['-o', `${what}=`, '-p', String(pid)]).toString();
    // The shell would collect it; what it becomes does not.
    await waitUntil(() => ask('comm', parent.pid).startsWith('sleep'));
    process.kill(zombie, 'SIGKILL');
    await waitUntil(() => ask('stat', zombie).startsWith('Z'));
    await writeFile(join(dataDir, 'pg18/postmaster.pid'), await crashedPidFile(dataDir, zombie));

    const server = await start(dataDir);

    expect(server.started).to.equal('started');
  });

  it('clears away what a killed first start left', async () => {
    const dataDir = join(root, 'left');
    await mkdir(join(dataDir, 'pg18.init-abc123/base'), { recursive: true });
    await writeFile(join(dataDir, 'pg18.init-abc123/PG_VERSION'), '18\n');

    const server = await start(dataDir);

    expect(server.started).to.equal('initialised');
    expect(await readdir(dataDir)).to.have.members(['pg18', 'pg18.log']);
  });

  it('works under a folder closed to others, with a space in its name, whatever locale and PG variables are set', async () => {
    const closed = join(root, 'my closed folder');
    await mkdir(closed);
    await chmod(closed, 0o700);
    const bogus = {
      LANG: 'xx_YY.bogus',
      LC_ALL: 'xx_YY.bogus',
      PGPORT: '1',
      PGHOST: 'nowhere.invalid',
      TZ: 'Asia/Tokyo',
    };

    const other = await startElsewhere(join(closed, 'data'), 'wait', { ...bogus, PGDATA: '/nonexistent' });

    expect(other.started).to.equal('initialised');
    expect(await readdir(join(closed, 'data'))).to.include('pg18');
  });

  it('stops starting when aborted, and leaves nothing half made', async () => {
    const dataDir = join(root, 'aborted');

    const failure = await start(dataDir, { signal: AbortSignal.timeout(150) }).catch((error: unknown) => error);

    expect(failure).to.include({ code: 'EOD_CANCELLED' });
    expect((await readdir(dataDir)).filter((name) => name !== 'pg18.log')).to.deep.equal([]);
  });

  it('does nothing at all when aborted before', async () => {
    const dataDir = join(root, 'never');

    const failure = await start(dataDir, { signal: AbortSignal.abort() }).catch((error: unknown) => error);

    expect(failure).to.include({ code: 'EOD_CANCELLED' });
    expect(await readdir(root)).not.to.include('never');
  });

  it('reports what the server said when it does not start', async () => {
    const dataDir = await copyMade('broken');
    await writeFile(join(dataDir, 'pg18/global/pg_control'), '');

    const failure = await start(dataDir).catch((error: unknown) => error);

    expect(failure).to.include({ code: 'EOD_EMBEDDED' });
    expect(failure)
      .to.have.property('message')
      .that.matches(/did not start\n[^]*could not read file "global\/pg_control"/);
    expect(failure).to.have.property('hint').that.includes('DATABASE_URL');
  });

  it('keeps the log of earlier starts within bounds', async () => {
    const dataDir = await copyMade('log');
    await writeFile(join(dataDir, 'pg18.log'), 'x'.repeat(5 * 1024 * 1024));

    await start(dataDir);

    expect((await stat(join(dataDir, 'pg18.log'))).size).to.be.lessThan(10_000);
    expect((await stat(join(dataDir, 'pg18.log.1'))).size).to.equal(5 * 1024 * 1024);
  });

  describe('as root without user namespaces', function () {
    before(function () {
      if (process.getuid?.() !== 0) this.skip();
    });

    const startSwitched = async (dataDir: string): Promise<EmbeddedServer> => {
      const server = await startEmbeddedServerAs({ dataDir }, ['switched']);
      servers.push(server);
      return server;
    };

    it('runs as another user, who owns the cluster', async () => {
      // The folders that mkdtemp makes are closed to others.
      const open = await mkdtemp(join(tmpdir(), 'embedded-open-'));
      await chmod(open, 0o755);
      const dataDir = join(open, 'data');

      const server = await startSwitched(dataDir);
      const owner = await stat(join(dataDir, 'pg18'));
      const pid = await readServerPid(dataDir);
      const runner = Number(execFileSync('ps', ['-o', 'uid=', '-p', String(pid)]));
      await server.stop();
      await rm(open, { recursive: true });

      expect(server).to.include({ started: 'initialised', dataDir });
      expect(owner.uid).to.not.equal(0);
      expect(runner).to.equal(owner.uid);
    });

    it('takes over a cluster that root owns, and keeps it usable for every way of starting', async () => {
      const open = await mkdtemp(join(tmpdir(), 'embedded-open-'));
      await chmod(open, 0o755);
      await cp(join(made, 'pg18'), join(open, 'pg18'), { recursive: true, preserveTimestamps: true });

      const switched = await startSwitched(open);
      const rows = await query(switched.url, 'select n from kept');
      await switched.stop();
      const usual = await startEmbeddedServer({ dataDir: open });
      await usual.stop();
      await rm(open, { recursive: true });

      expect(rows).to.deep.equal([{ n: 1 }]);
      expect([switched.started, usual.started]).to.deep.equal(['started', 'started']);
    });

    it('puts the cluster elsewhere under a closed folder, says so, and finds it again', async () => {
      const dataDir = join(root, 'unreachable');

      const first = await startSwitched(dataDir);
      await first.stop();
      const again = await start(dataDir);
      await again.stop();
      await rm(first.dataDir, { recursive: true });

      expect(first.dataDir).to.match(/^\/var\/(lib|tmp)\/tickstock-[0-9a-f]{12}$/);
      expect(first.started).to.equal('initialised');
      expect(again).to.include({ started: 'started', dataDir: first.dataDir });
    });

    it('ends with its program there, too', async () => {
      const open = await mkdtemp(join(tmpdir(), 'embedded-open-'));
      await chmod(open, 0o755);
      const server = await startSwitched(open);
      await server.stop();
      // The cluster belongs to the other user now, so root starts it as that user without being told.
      const other = await startElsewhere(open);
      const pid = await readServerPid(open);

      other.child.kill('SIGKILL');
      await waitUntil(() => !isRunning(pid));

      await rm(open, { recursive: true });
    });
  });
});

interface Elsewhere {
  readonly url: string;
  readonly port: number;
  readonly started: string;
  readonly pid: number;
  readonly child: ChildProcess;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function readServerPid(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'pg18/postmaster.pid'), 'utf8'), 10);
}

/** As a server leaves it that is killed: pid, folder, start, port, socket, address, shared memory, status. */
async function crashedPidFile(dataDir: string, pid: number): Promise<string> {
  const { birthtimeMs } = await stat(dataDir);
  return `${pid}\n${dataDir}/pg18\n${Math.floor(birthtimeMs / 1000)}\n54321\n\n127.0.0.1\n  1234567   9999999\nready   \n`;
}

/** Without zombies: the test program may run where nobody collects them. */
function isRunning(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)])
      .toString()
      .startsWith('Z');
  } catch {
    return false;
  }
}

/** The test's own time limit is the only one. */
async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}
