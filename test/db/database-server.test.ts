import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { PipelineError } from '../../src/core/errors.js';
import { copyIn } from '../../src/db/copy.js';
import { Database, type Transaction } from '../../src/db/database.js';
import { startEmbeddedServer, type EmbeddedServer } from '../../src/db/embedded/server.js';

const TMPFS_BYTES = 256 * 1024 * 1024;
const LEFT_BYTES = 4 * 1024 * 1024;

describe('a database server', () => {
  let folder: string;
  let server: EmbeddedServer | undefined;
  let database: Database | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickstock-server-'));
  });

  afterEach(async () => {
    await database?.close();
    await server?.stop();
    [database, server] = [undefined, undefined];
    await rm(folder, { recursive: true, force: true });
  });

  it('that refuses the password is reported without the password', async () => {
    const rules = join(folder, 'hba.conf');
    await writeFile(rules, 'host all guarded 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n');
    execFileSync('chmod', ['755', folder]);
    server = await startEmbeddedServer({ dataDir: join(folder, 'data'), settings: { hba_file: rules, fsync: 'off' } });
    const owner = connect(server.url);
    await owner.pool.query(`create role guarded login password 'open-sesame'`);
    await owner.close();
    const url = new URL(server.url);
    url.username = 'guarded';

    const right = connect(withPassword(url, 'open-sesame'));
    const { rows } = await right.pool.query('select current_user as name');
    await right.close();
    database = connect(withPassword(url, 'hunter2'));
    const refusal = await failureOf(database.transaction(({ client }) => client.query('select 1')));

    expect(rows).to.deep.equal([{ name: 'guarded' }]);
    expect(refusal).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect(refusal.hint).to.include('DATABASE_URL');
    expect(refusal.message).to.include('guarded');
    expect(`${JSON.stringify(refusal)} ${refusal.stack ?? ''}`).to.not.include('hunter2');
  });

  it('with a full disk is reported as full, keeps nothing half-written, and works again once there is space', async function () {
    const volume = join(folder, 'volume');
    await mkdir(volume);
    if (!mountTmpfs(volume)) {
      console.log('      skipped: only root may mount the small volume this test fills');
      this.skip();
    }
    try {
      server = await startEmbeddedServer({ dataDir: join(volume, 'data'), settings: { fsync: 'off' } });
      database = connect(server.url);
      await database.pool.query('create table note (id integer, body text)');
      const filler = join(volume, 'filler');
      await fillUp(volume, filler);

      const failure = await failureOf(database.transaction(writeNotes));
      const { rows: kept } = await database.pool.query('select count(*)::int as count from note');
      await truncate(filler, 0);
      const written = await database.transaction(writeNotes);
      const { rows } = await database.pool.query('select count(*)::int as count from note');

      expect(failure).to.include({ code: 'EOD_DB_FULL', retryable: true });
      expect(failure.message).to.include('No space left on device');
      expect(kept).to.deep.equal([{ count: 0 }]);
      expect(written).to.equal(40_000);
      expect(rows).to.deep.equal([{ count: 40_000 }]);
    } finally {
      await database?.close();
      await server?.stop();
      [database, server] = [undefined, undefined];
      execFileSync('umount', [volume]);
    }
  });
});

/** As an import does: staged by COPY into a temporary table, then written with one statement. 40,000 rows of 1 kB. */
async function writeNotes({ client }: Transaction): Promise<number> {
  function* rows(): Generator<[number, string]> {
    for (let id = 0; id < 40_000; id += 1) yield [id, String(id).padEnd(1000, '.')];
  }
  await client.query('create temp table stage on commit drop as select * from note with no data');
  await copyIn(client, 'stage (id, body)', rows());
  const { rowCount } = await client.query('insert into note select * from stage');
  return rowCount ?? 0;
}

function mountTmpfs(folder: string): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${TMPFS_BYTES},mode=755`, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function fillUp(volume: string, filler: string): Promise<void> {
  const { bavail, bsize } = await statfs(volume);
  await writeFile(filler, Buffer.alloc(bavail * bsize - LEFT_BYTES));
}

function connect(url: string): Database {
  return Database.connect({ url, poolSize: 3, connectTimeoutMs: 5000 });
}

function withPassword(url: URL, password: string): string {
  const copy = new URL(url);
  copy.password = password;
  return copy.href;
}

async function failureOf(work: Promise<unknown>): Promise<PipelineError> {
  const thrown = await work.catch((error: unknown) => error);
  expect(thrown).to.be.instanceOf(PipelineError);
  return thrown as PipelineError;
}
