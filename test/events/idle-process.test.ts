import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { skipWithoutRedis, startRedis } from '../support/redis.js';

describe('a process with a relay that nobody stops', () => {
  let test: TestDatabase;

  before(function () {
    skipWithoutRedis(this);
  });

  before(async () => {
    test = await createTestDatabase();
  });

  after(async () => {
    await test?.drop();
  });

  for (const started of [true, false]) {
    it(`ends when it has nothing else to do, with Redis ${started ? 'up' : 'away'}`, async () => {
      const redis = await startRedis({ started });
      const script = fileURLToPath(new URL('idle-process.ts', import.meta.url));
      const child = spawn(process.execPath, ['--import', 'tsx', script, test.url, redis.url, '20000']);
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));

      const [exitCode] = (await once(child, 'close')) as [number];
      await redis.stop();

      expect({ exitCode, output }).to.deep.equal({ exitCode: 0, output: String(started) });
    });
  }
});
