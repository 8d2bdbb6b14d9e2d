import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { runCli } from '../support/cli.js';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.js';

describe('the command line', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(async () => {
    await test.drop();
  });

  const cli = (...args: string[]) => runCli(args, { environment: { DATABASE_URL: test.url } });

  it('explains itself and every command with an example', async () => {
    const help = await cli('--help');
    const names = [...help.stdout.matchAll(/^ {2}(\w+)(?: \[| {2,})/gm)].map((match) => match[1]);
    const commands = names.filter((name) => name !== undefined && name !== 'help');
    const helps = await Promise.all(commands.map((name) => cli(String(name), '--help')));

    expect(help.exitCode).to.equal(0);
    expect(commands).to.have.lengthOf(COMMANDS.length);
    for (const { exitCode, stdout } of helps) {
      expect(exitCode).to.equal(0);
      expect(stdout).to.match(/Examples?:\n\s+(DATABASE_URL=\S+ )?tickstock /);
    }
  });

  it('shows a database without a run as what it is', async () => {
    const [status, history, universe] = await Promise.all([cli('status'), cli('history'), cli('universe')]);

    expect(status.stdout)
      .to.match(/Published\s+nothing yet/)
      .and.match(/Last run\s+none/);
    expect(history.stdout).to.include('Nothing has run yet');
    expect(universe.stdout).to.include('No universe has been published yet');
  });

  it('shows where every setting came from', async () => {
    const { exitCode, stdout } = await cli('config', '--explain');

    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/database\.url\s+postgres:\S+\s+environment variable DATABASE_URL/);
    expect(stdout).to.match(/import\.exchanges\s+\["nasdaq","nyse","amex"\]\s+\S*config\/tickstock\.yaml:\d+/);
  });

  it('lists every configuration problem at once', async () => {
    const { exitCode, stderr } = await runCli(['config'], {
      environment: { TICKSTOCK_DATABASE_POOL_SIZE: 'many', TICKSTOCK_IMPORT_MAX_REJECTED_PCT: '200' },
    });

    expect(exitCode).to.equal(3);
    expect(stderr).to.include('TICKSTOCK_DATABASE_POOL_SIZE').and.include('TICKSTOCK_IMPORT_MAX_REJECTED_PCT');
  });

  it('migrates on request and refuses to read a database that is not migrated', async () => {
    const empty = await createEmptyDatabase();
    const environment = { DATABASE_URL: empty.url };
    try {
      const before = await runCli(['status'], { environment });
      const migrated = await runCli(['db', 'migrate'], { environment });
      const after = await runCli(['db', 'status', '--json'], { environment });

      expect(before.exitCode).to.equal(17);
      expect(before.stderr).to.include('tickstock db migrate');
      expect(migrated.exitCode).to.equal(0);
      expect(JSON.parse(after.stdout)).to.have.property('pending').that.deep.equals([]);
    } finally {
      await empty.drop();
    }
  });
});

describe('tickstock start', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickstock-start-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('makes the sample market once, on the embedded server, and stops cleanly when interrupted on the way', async () => {
    const interrupted = await runCli(['start', '--data-dir', folder], {
      onStart: (child) => {
        child.stderr?.on('data', (text: Buffer) => {
          if (text.includes('Import')) child.kill('SIGINT');
        });
      },
    });
    const first = await runCli(['start', '--data-dir', folder]);
    const second = await runCli(['start', '--data-dir', folder]);
    const history = await runCli(['history', '--data-dir', folder, '--json']);

    expect(interrupted.exitCode).to.equal(130);
    expect(first.exitCode, first.stderr).to.equal(0);
    expect(first.stderr).to.include('The database is empty');
    expect(first.stdout)
      .to.match(/top_500\s+500/)
      .and.match(/ETF categories\s+10 lists/);
    expect(second.stderr).not.to.include('The database is empty');
    expect(second.stdout).to.include('Nothing has changed since the last run');
    const runs = JSON.parse(history.stdout) as { status: string }[];
    expect(runs.map((run) => run.status)).to.deep.equal(['completed', 'completed', 'completed', 'cancelled']);
  }).timeout(120_000);
});
