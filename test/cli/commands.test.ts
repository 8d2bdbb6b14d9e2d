import { expect } from 'chai';
import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCommands } from '../../src/cli/commands/index.js';
import { ERRORS } from '../../src/core/errors.js';
import { runCli } from '../support/cli.js';
import { runCommand } from '../support/cli-inside.js';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.js';
import { ScreenerFiles } from '../support/screener-files.js';

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
    const inside = (...args: string[]) => runCommand(args, {});
    const help = await inside('--help');
    const names = [...help.stdout.matchAll(/^ {2}(\w+)(?: [[<]| {2,})/gm)].map((match) => match[1]);
    const commands = names.filter((name) => name !== undefined && name !== 'help');
    const helps = await Promise.all(commands.map((name) => runCommand([String(name), '--help'], {})));

    expect(help.exitCode).to.equal(0);
    expect(commands).to.have.lengthOf((await loadCommands()).length);
    for (const { exitCode, stdout } of helps) {
      expect(exitCode).to.equal(0);
      expect(stdout).to.match(/Examples?:\n\s+([A-Z_]+=(\$\([^)]*\)|\S+) |source <\()?tickstock /);
    }
  });

  it('shows a database without a run as what it is', async () => {
    const ask = (name: string) => runCommand([name], { DATABASE_URL: test.url });
    const [status, history, universe] = [await ask('status'), await ask('history'), await ask('universe')];

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

describe('a folder without a database', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickstock-none-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  for (const args of [['status'], ['history'], ['holds'], ['holds', 'reject', '1'], ['universe'], ['cancel']]) {
    it(`stays empty, and \`tickstock ${args.join(' ')}\` says what to do`, async () => {
      const { exitCode, stderr } = await runCli([...args, '--data-dir', join(folder, 'data')]);

      expect(exitCode, stderr).to.equal(ERRORS.EOD_DB_MISSING.exitCode);
      expect(stderr).to.include('there is no database in').and.include('tickstock start');
      expect(await readdir(folder)).to.deep.equal([]);
    });
  }

  it('gets no invented bars from a run without a source', async () => {
    const { exitCode, stderr } = await runCli(['run', '--session', '2026-06-30', '--data-dir', folder]);

    expect(exitCode, stderr).to.equal(ERRORS.EOD_SOURCE_MISSING.exitCode);
    expect(stderr).to.include('--source screener --dir PATH');
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

  it('makes the sample market once, on the embedded server, stops cleanly when interrupted, and continues after an import alone', async () => {
    const interrupted = await runCli(['start', '--data-dir', folder], {
      onStart: (child) => {
        child.stderr?.on('data', (text: Buffer) => {
          // Once: a second one ends the process at once, and the import's own last line has the word too.
          if (text.includes('Import …')) child.kill('SIGINT');
        });
      },
    });
    const first = await runCli(['start', '--data-dir', folder]);
    const imported = await runCli(['run', '--phase', 'import', '--source', 'sample', '--data-dir', folder]);
    const second = await runCli(['start', '--data-dir', folder]);
    const history = await runCli(['history', '--data-dir', folder, '--json']);

    expect(interrupted.exitCode).to.equal(130);
    expect(first.exitCode, first.stderr).to.equal(0);
    expect(first.stderr).to.include('The database is empty');
    expect(first.stdout)
      .to.match(/top_500\s+500/)
      .and.match(/ETF categories\s+10 lists/);
    expect(imported.exitCode, imported.stderr).to.equal(0);
    expect(second.exitCode, second.stderr).to.equal(0);
    expect(second.stderr).not.to.include('The database is empty');
    expect(second.stdout)
      .to.match(/top_500\s+500/)
      .and.include('Nothing has changed since the last run');
    const runs = JSON.parse(history.stdout) as { status: string }[];
    expect(runs.map((run) => run.status)).to.deep.equal([
      'completed',
      'completed',
      'completed',
      'completed',
      'cancelled',
    ]);
  });

  it('leaves real data alone, says nothing untrue of it, and names what can be done', async () => {
    const files = await ScreenerFiles.create();
    await files.writeSession('2026-06-30', { nasdaq: [{ symbol: 'AAPL', marketCap: '3000000000000' }] });
    const screener = ['--source', 'screener', '--dir', files.dir, '--session', '2026-06-30'];
    const real = await runCli(['run', ...screener, '--data-dir', folder]);
    await files.remove();

    const { exitCode, stderr } = await runCli(['start', '--data-dir', folder]);

    expect(real.exitCode, real.stderr).to.equal(0);
    expect(exitCode).to.equal(14);
    expect(stderr)
      .to.include('this database contains real symbols')
      .and.not.match(/market ends at|is empty/);
    expect(stderr).to.match(/--data-dir PATH.*`tickstock run --source existing`/);
  });

  it('refuses a server of your own before it makes anything there', async () => {
    const empty = await createEmptyDatabase();
    try {
      const { exitCode, stderr } = await runCli(['start'], { environment: { DATABASE_URL: empty.url } });

      const { rows } = await empty.database.pool.query(`select from pg_namespace where nspname = 'pipeline'`);
      expect(exitCode).to.equal(14);
      expect(stderr).to.match(/--data-dir PATH.*DATABASE_URL.*`tickstock run --source existing`/);
      expect(rows).to.deep.equal([]);
    } finally {
      await empty.drop();
    }
  });

  it('uses the folder of --data-dir whatever address the environment and the files name', async () => {
    const nowhere = 'postgres://someone@127.0.0.1:1/none';
    await writeFile(join(folder, 'tickstock.yaml'), `database: { url: '${nowhere}' }\n`);
    const options = ['--config', folder, '--data-dir', join(folder, 'data'), '--json'];
    const environment = { DATABASE_URL: nowhere };

    const status = await runCli(['db', 'status', ...options], { environment });
    const config = await runCli(['config', ...options], { environment });

    expect(status.exitCode, status.stderr).to.equal(0);
    expect(JSON.parse(status.stdout)).to.have.nested.property('database.location', join(folder, 'data'));
    const settings = JSON.parse(config.stdout) as { path: string; value: unknown; origin: string }[];
    expect(settings.find(({ path }) => path === 'database.url')).to.include({ value: null, origin: 'default' });
  });
});

describe('tickstock run with a session that is no date', () => {
  it('refuses it before a database is made', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'tickstock-date-'));
    const folder = join(parent, 'data');

    const { exitCode } = await runCli(['run', '--session', '2026-13-01', '--data-dir', folder]);
    const isMade = await access(folder).then(
      () => true,
      () => false,
    );
    await rm(parent, { recursive: true });

    expect(exitCode).to.equal(4);
    expect(isMade).to.equal(false);
  });
});
