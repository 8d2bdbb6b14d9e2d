import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startEmbeddedServer, startEmbeddedServerAs } from '../../../src/db/embedded/server.js';
import type { EmbeddedServer } from '../../../src/db/embedded/server.js';
import { useEmbedded, query, readServerPid, isRunning, waitUntil } from './server-fixture.js';

describe('embedded PostgreSQL and its user', () => {
  const given = useEmbedded();
  const { servers, start, startElsewhere } = given;

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
      await cp(join(given.made, 'pg18'), join(open, 'pg18'), { recursive: true, preserveTimestamps: true });

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
      const dataDir = join(given.root, 'unreachable');

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
