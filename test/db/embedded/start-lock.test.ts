import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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

  it('is free again, whether the work succeeds or fails', async () => {
    const failure = await withStartLock(file, undefined, () => Promise.reject(new Error('no'))).catch(
      (error: unknown) => error,
    );

    const next = await withStartLock(file, AbortSignal.timeout(2000), () => Promise.resolve('in'));

    expect(failure).to.have.property('message', 'no');
    expect(next).to.equal('in');
    expect(await readdir(folder)).to.deep.equal(['lock.2']);
  });

  it('takes over from a process that is gone, one at a time', async () => {
    const gone = String(spawnSync('true').pid);
    let most = 0;
    for (let round = 0; round < 10; round += 1) {
      // One number for each round and each of the eight that held it.
      await writeFile(`${file}.${1 + round * 9}`, gone);
      let inside = 0;

      const work = async (): Promise<void> => {
        most = Math.max(most, (inside += 1));
        await sleep(2);
        inside -= 1;
      };
      await Promise.all(Array.from({ length: 8 }, () => withStartLock(file, undefined, work)));
    }

    expect(most).to.equal(1);
    expect(await readdir(folder)).to.deep.equal(['lock.90']);
  });

  it('does not take a number that is left of a higher one', async () => {
    await writeFile(`${file}.1`, String(process.ppid));
    const holder = withStartLock(file, AbortSignal.timeout(60), () => Promise.resolve('in'));
    await writeFile(`${file}.3`, String(process.ppid));
    await rm(`${file}.1`);

    const outcome = await holder.catch((error: Error) => error.name);

    expect(outcome).to.equal('AbortError');
    expect(await readdir(folder)).to.deep.equal(['lock.3']);
  });

  it('waits for a live process until aborted', async () => {
    await writeFile(`${file}.1`, String(process.ppid));
    const waiting = withStartLock(file, AbortSignal.timeout(60), () => Promise.resolve('in'));

    const outcome = await waiting.catch((error: Error) => error.name);

    expect(outcome).to.equal('AbortError');
    expect(await readFile(`${file}.1`, 'utf8')).to.equal(String(process.ppid));
  });
});
