import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { withStartLock } from '../../../src/db/embedded/start-lock.js';

describe('start lock', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'start-lock-test-'));
    file = join(folder, 'lock');
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, (inside += 1));
      await sleep(5);
      inside -= 1;
    };

    await Promise.all(Array.from({ length: 8 }, () => withStartLock(file, undefined, work)));

    expect(most).to.equal(1);
  });

  it('leaves no file, whether the work succeeds or fails', async () => {
    const failure = await withStartLock(file, undefined, () => Promise.reject(new Error('no'))).catch(
      (error: unknown) => error,
    );

    const left = await readFile(file).catch((error: NodeJS.ErrnoException) => error.code);
    expect(failure).to.have.property('message', 'no');
    expect(left).to.equal('ENOENT');
  });

  it('takes over from a process that is gone, one at a time', async () => {
    const gone = spawnSync('true').pid;
    await writeFile(file, `${gone} left-by-a-kill`);
    let inside = 0;
    let most = 0;

    const work = async (): Promise<void> => {
      most = Math.max(most, (inside += 1));
      await sleep(5);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withStartLock(file, undefined, work)));

    expect(most).to.equal(1);
  });

  it('waits for a live process until aborted', async () => {
    await writeFile(file, `${process.ppid} somebody`);
    const waiting = withStartLock(file, AbortSignal.timeout(60), () => Promise.resolve('in'));

    const outcome = await waiting.catch((error: Error) => error.name);

    expect(outcome).to.equal('AbortError');
    expect(await readFile(file, 'utf8')).to.equal(`${process.ppid} somebody`);
  });
});
