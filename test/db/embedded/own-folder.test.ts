import { chmod, mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openFolder } from '../../../src/db/embedded/own-folder.js';

describe('a folder for a cluster where everybody may write', function () {
  let parent: string;
  let folder: string;

  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'own-folder-test-'));
    folder = join(parent, 'cluster');
  });

  afterEach(() => rm(parent, { recursive: true, force: true }));

  it('is made closed to others', async () => {
    const reason = await openFolder(folder, { create: true, passable: false });

    expect(reason).to.equal(undefined);
    expect((await stat(folder)).mode & 0o777).to.equal(0o700);
  });

  it('can be passed, not read, by the user that the server runs as', async () => {
    const reason = await openFolder(folder, { create: true, passable: true });

    expect(reason).to.equal(undefined);
    expect((await stat(folder)).mode & 0o777).to.equal(0o711);
  });

  it('is refused when others can write to it', async () => {
    await mkdir(folder);
    await chmod(folder, 0o777);

    const failure = await openFolder(folder, { create: true, passable: false }).catch((error: unknown) => error);

    expect(failure).to.include({ code: 'EOD_EMBEDDED' }).and.have.property('message').that.includes('mode 777');
  });

  it('is refused when it is a link to somewhere else', async () => {
    await symlink(tmpdir(), folder);

    const failure = await openFolder(folder, { create: true, passable: false }).catch((error: unknown) => error);

    expect(failure).to.include({ code: 'EOD_EMBEDDED' });
  });

  it('gives a reason instead where it cannot be made', async () => {
    const reason = await openFolder(join(parent, 'absent', 'cluster'), { create: true, passable: false });

    expect(reason).to.match(/^ENOENT/);
  });
});
