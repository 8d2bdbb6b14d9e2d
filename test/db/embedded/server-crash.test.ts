import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { TSX } from '../../support/run-process.js';
import { useEmbedded, query, readServerPid, isRunning, waitUntil } from './server-fixture.js';

/** The user without rights. */
const NOBODY = 65_534;

describe('embedded PostgreSQL after a crash', () => {
  const given = useEmbedded();
  const { children, start, copyMade, startElsewhere } = given;

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

  it('takes a pid that belongs to another user for a leftover, as an ordinary user', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const folder = await mkdtemp(join(tmpdir(), 'tickstock-pid-'));
    await chmod(folder, 0o777);
    // Process 1 is root's.
    await writeFile(join(folder, 'postmaster.pid'), await crashedPidFile(folder, 1));
    await chown(join(folder, 'postmaster.pid'), NOBODY, NOBODY);
    const module = new URL('../../../src/db/embedded/pid-file.ts', import.meta.url).href;
    const code = `import(${JSON.stringify(module)}).then(async (it) => console.log(await it.findRunningServer(${JSON.stringify(folder)})))`;

    const asNobody = spawnSync(process.execPath, ['--import', TSX, '--eval', code], {
      uid: NOBODY,
      gid: NOBODY,
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder },
      encoding: 'utf8',
    });
    const content = await readFile(join(folder, 'postmaster.pid'), 'utf8');
    await rm(folder, { recursive: true });

    // A checkout in a closed folder cannot be read by that user.
    if (/EACCES|permission denied/i.test(asNobody.stderr)) this.skip();
    expect(asNobody.stdout.trim(), asNobody.stderr).to.equal('undefined');
    expect(content).to.not.match(/^1\n/);
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
    const dataDir = join(given.root, 'left');
    await mkdir(join(dataDir, 'pg18.init-abc123/base'), { recursive: true });
    await writeFile(join(dataDir, 'pg18.init-abc123/PG_VERSION'), '18\n');

    const server = await start(dataDir);

    expect(server.started).to.equal('initialised');
    expect(await readdir(dataDir)).to.have.members(['pg18', 'pg18.log', 'pg18.lock.1']);
  });
});

/** As a server leaves it that is killed: pid, folder, start, port, socket, address, shared memory, status. */
async function crashedPidFile(dataDir: string, pid: number): Promise<string> {
  const { birthtimeMs } = await stat(dataDir);
  return `${pid}\n${dataDir}/pg18\n${Math.floor(birthtimeMs / 1000)}\n54321\n\n127.0.0.1\n  1234567   9999999\nready   \n`;
}
