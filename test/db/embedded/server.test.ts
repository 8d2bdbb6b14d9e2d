import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { startEmbeddedServer } from '../../../src/db/embedded/server.js';
import { useEmbedded, query, readServerPid, isRunning, waitUntil } from './server-fixture.js';

describe('embedded PostgreSQL', () => {
  const given = useEmbedded();
  const { servers, start, copyMade, startElsewhere } = given;

  it('makes a cluster on the first start, with the database, in a folder it makes', async () => {
    const dataDir = join(given.root, 'new', 'deep');

    const server = await start(dataDir);

    expect(server).to.include({ started: 'initialised', dataDir });
    expect(server.url).to.equal(`postgres://postgres@127.0.0.1:${server.port}/tickstock`);
    expect(await query(server.url, 'select current_database() as name, current_user as who')).to.deep.equal([
      { name: 'tickstock', who: 'postgres' },
    ]);
    expect(await readdir(dataDir)).to.have.members(['pg18', 'pg18.log', 'pg18.lock.1']);
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
    const dataDir = join(given.root, 'together');

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

  it('works under a folder closed to others, with a space in its name, whatever locale and PG variables are set', async () => {
    const closed = join(given.root, 'my closed folder');
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
    const dataDir = join(given.root, 'aborted');

    const failure = await start(dataDir, { signal: AbortSignal.timeout(150) }).catch((error: unknown) => error);

    expect(failure).to.include({ code: 'EOD_CANCELLED' });
    expect((await readdir(dataDir)).filter((name) => !/^pg18[.](log|lock[.]1)$/.test(name))).to.deep.equal([]);
  });

  it('does nothing at all when aborted before', async () => {
    const dataDir = join(given.root, 'never');

    const failure = await start(dataDir, { signal: AbortSignal.abort() }).catch((error: unknown) => error);

    expect(failure).to.include({ code: 'EOD_CANCELLED' });
    expect(await readdir(given.root)).not.to.include('never');
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
});
