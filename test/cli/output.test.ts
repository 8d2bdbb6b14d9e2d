import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { bundledCli } from '../support/bundled-cli.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { runProcess } from '../support/run-process.js';

describe('a result that cannot be written', function () {
  let test: TestDatabase;

  before(async function () {
    if (!existsSync('/dev/full')) this.skip();
    test = await createTestDatabase();
  });

  after(() => test.drop());

  async function shell(redirect: string) {
    const command = `"${process.execPath}" "${await bundledCli()}" status ${redirect}`;
    return runProcess('bash', ['-c', command], { environment: { DATABASE_URL: test.url } });
  }

  it('is told in a line, with an exit code of its own', async () => {
    const { exitCode, stderr } = await shell('> /dev/full');

    expect(exitCode).to.equal(52);
    expect(stderr.trim()).to.match(/^✖ the result cannot be written: ENOSPC.*$/);
  });

  it('stops nothing where only the messages for people are lost, or the reader leaves early', async () => {
    expect((await shell('2> /dev/full')).exitCode).to.equal(0);
    expect((await shell('| head -c 1; exit ${PIPESTATUS[0]}')).exitCode).to.equal(0);
  });
});
