import { expect } from 'chai';
import { runCli } from '../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ScreenerFiles, type ScreenerRow } from '../support/screener-files.js';

const MONDAY = '2026-06-29';
const TUESDAY = '2026-06-30';

/** Forty stocks of 1 to 40 billion dollars. */
function stocks(factor = 1): ScreenerRow[] {
  return Array.from({ length: 40 }, (_, index) => ({
    symbol: `S${String.fromCharCode(65 + Math.floor(index / 26), 65 + (index % 26))}`,
    marketCap: String(Math.round((index + 1) * 1e9 * factor)),
  }));
}

describe('tickstock run', () => {
  let test: TestDatabase;
  let files: ScreenerFiles;
  let environment: Record<string, string>;

  before(async () => {
    test = await createTestDatabase();
    files = await ScreenerFiles.create();
    environment = { DATABASE_URL: test.url };
    await files.writeSession(MONDAY, { nasdaq: stocks() });
    await files.writeSession(TUESDAY, {
      nasdaq: stocks().map((row, index) =>
        index === 1 ? { ...row, lastsale: '$50.00', netchange: '40.00', marketCap: '10000000000.00' } : row,
      ),
    });
  });

  after(async () => {
    await files.remove();
    await test.drop();
  });

  const run = (...args: string[]) =>
    runCli(['run', '--source', 'screener', '--dir', files.dir, ...args], { environment });

  it('runs all phases for a session and shows universes, changes and what to try next', async () => {
    const first = await run('--session', MONDAY);
    const second = await run('--session', TUESDAY);

    expect(first.exitCode, first.stderr).to.equal(0);
    expect(first.stdout)
      .to.match(/Universes on 2026-06-29/)
      .and.match(/large_cap\s+31\s+\+31/);
    expect(second.stdout)
      .to.match(/since 2026-06-29/)
      .and.match(/large_cap\s+32\s+\+1/);
    expect(second.stdout).to.match(/large_cap\s+in\s+SAB/);
    expect(second.stdout).to.include('Next').and.include('tickstock universe');
    expect(second.stderr).to.match(/✔ Import.*42 bars/);
    expect(second.stderr).not.to.include('\u001b');
  });

  it('says that nothing has changed when it is run again', async () => {
    const again = await run('--session', TUESDAY);

    expect(again.exitCode).to.equal(0);
    expect(again.stdout).to.include('Nothing has changed since the last run');
  });

  it('reruns one phase for the last imported session', async () => {
    const { exitCode, stdout } = await runCli(['run', '--phase', 'cache-sync', '--json'], { environment });

    const result = JSON.parse(stdout) as { session: string; status: string; phases: { phase: string }[] };
    expect(exitCode).to.equal(0);
    expect(result).to.include({ session: TUESDAY, status: 'completed' });
    expect(result.phases.map((phase) => phase.phase)).to.deep.equal(['cache-sync']);
  });

  const mistakes = [
    { title: 'an unknown phase', args: ['--phase', 'cache-snyc'], exitCode: 7, text: /did you mean "cache-sync"\?/ },
    { title: 'a session in the future', args: ['--session', '2030-06-03'], exitCode: 5, text: /has not closed yet/ },
    { title: 'a holiday', args: ['--session', '2026-06-19'], exitCode: 4, text: /Juneteenth[\s\S]*2026-06-18/ },
    { title: 'a weekend', args: ['--session', '2026-06-27'], exitCode: 4, text: /Saturday[\s\S]*2026-06-26/ },
    { title: 'no date', args: ['--session', 'yesterday'], exitCode: 4, text: /YYYY-MM-DD/ },
    { title: 'an older session', args: ['--session', MONDAY], exitCode: 6, text: /already published for 2026-06-30/ },
    {
      title: 'a session without a folder',
      args: ['--session', '2026-07-01'],
      exitCode: 12,
      text: /nearest: --session 2026-06-30/,
    },
    { title: 'an unknown source', args: ['--source', 'screner'], exitCode: 11, text: /did you mean "screener"\?/ },
    { title: 'an unknown option', args: ['--sesion', TUESDAY], exitCode: 2, text: /Did you mean --session\?/ },
  ];

  for (const { title, args, exitCode, text } of mistakes) {
    it(`answers ${title} with one clear line, a hint and an exit code of its own`, async () => {
      const result = await run(...args);

      expect(result.exitCode, result.stderr).to.equal(exitCode);
      expect(result.stderr).to.match(text);
      expect(result.stderr).not.to.match(/\n\s+at /);
      expect(result.stdout).to.equal('');
    });
  }

  it('gives a mistake as JSON to a script', async () => {
    const { exitCode, stdout } = await run('--session', MONDAY, '--json');

    expect(exitCode).to.equal(6);
    expect(JSON.parse(stdout)).to.have.nested.property('error.code', 'EOD_SESSION_NOT_NEWEST');
  });

  it('does not show the password of a database it cannot reach', async () => {
    const { exitCode, stderr } = await runCli(['status'], {
      environment: { DATABASE_URL: 'postgres://someone:hunter2@127.0.0.1:1/none' },
    });

    expect(exitCode).to.equal(16);
    expect(stderr).to.include('cannot be reached').and.not.include('hunter2');
  });
});

describe('tickstock backfill', () => {
  let test: TestDatabase;
  let files: ScreenerFiles;

  before(async () => {
    test = await createTestDatabase();
    files = await ScreenerFiles.create();
    for (const [index, session] of ['2026-06-26', MONDAY, TUESDAY].entries()) {
      await files.writeSession(session, { nyse: stocks(1 + index / 100) });
    }
  });

  after(async () => {
    await files.remove();
    await test.drop();
  });

  const backfill = (...args: string[]) =>
    runCli(['backfill', '--source', 'screener', '--dir', files.dir, ...args], {
      environment: { DATABASE_URL: test.url },
    });

  it('runs every session in order with a line each and a summary', async () => {
    const { exitCode, stdout, stderr } = await backfill('--from', '2026-06-26', '--to', TUESDAY);

    expect(exitCode, stderr).to.equal(0);
    expect(stdout.match(/✔ 2026-06-\d\d/g)).to.deep.equal(['✔ 2026-06-26', '✔ 2026-06-29', '✔ 2026-06-30']);
    expect(stdout).to.match(/Backfill completed: 3 sessions in .* membership [0-9a-f]{12}/);
  });

  it('says beforehand what it would do, and writes nothing', async () => {
    const { exitCode, stdout, stderr } = await backfill('--from', '2026-06-26', '--to', '2026-07-02', '--dry-run');
    const replay = await backfill('--from', '2026-06-29', '--dry-run', '--json');

    expect(exitCode, stderr).to.equal(0);
    expect(stdout).to.match(/2026-06-26 to 2026-06-29, 2 sessions: skip: a later session is published/);
    expect(stdout).to.match(/2026-07-01 to 2026-07-02, 2 sessions: refused: EOD_SOURCE_MISSING: .*DATE/);
    expect(stdout).to.match(/1 session would be run: about \d+ symbols in \d+ universes each/);
    expect(JSON.parse(replay.stdout)).to.deep.include({ kind: 'replay' });
  });

  it('recomputes what is published when it is started again, and says what that has changed', async () => {
    const { exitCode, stdout, stderr } = await backfill('--from', '2026-06-26');

    expect(exitCode, stderr).to.equal(0);
    expect(stdout).to.match(
      /Replay completed: 3 sessions recomputed from 2026-06-26 on, 0 memberships corrected, 0 rows/,
    );
    expect(stderr).to.match(/✔ Cache sync/);
  });

  it('tells what was done before a session whose folder is missing', async () => {
    const range = ['--from', '2026-06-26', '--to', '2026-07-01'];

    const text = await backfill(...range);
    const json = await backfill(...range, '--json');

    expect([text.exitCode, json.exitCode]).to.deep.equal([12, 12]);
    expect(text.stdout).to.match(/✔ 2026-06-30[^]*✖ 2026-07-01[^]*Backfill failed: 1 sessions/);
    const result = JSON.parse(json.stdout) as { status: string; error: object; sessions: { status: string }[] };
    expect(result).to.have.nested.property('error.code', 'EOD_SOURCE_MISSING');
    expect(result.sessions.map(({ status }) => status)).to.deep.equal(['skipped', 'skipped', 'completed', 'failed']);
  });

  it('continues after sessions without data when told to, and lists them', async () => {
    const other = await createTestDatabase();
    const args = ['--from', '2026-06-25', '--to', '2026-07-01', '--skip-missing'];
    const environment = { DATABASE_URL: other.url };
    const source = ['--source', 'screener', '--dir', files.dir];

    const text = await runCli(['backfill', ...source, ...args], { environment });
    const { rows } = await other.database.pool.query('select distinct date::text from ohlcv_daily order by 1');
    await other.drop();

    expect(text.exitCode, text.stderr).to.equal(0);
    expect(text.stdout)
      .to.match(/– 2026-06-25 {2}no data: there is no folder .*2026-06-25/)
      .and.include('Backfill completed: 3 sessions')
      .and.include('2 without data: 2026-06-25, 2026-07-01');
    expect(rows).to.deep.equal(['2026-06-26', MONDAY, TUESDAY].map((date) => ({ date })));
  });

  for (const closed of ['stdout', 'stderr'] as const) {
    it(`does all its work although nobody reads ${closed}`, async () => {
      const other = await createTestDatabase();
      try {
        const args = ['--source', 'screener', '--dir', files.dir, '--from', '2026-06-26', '--to', TUESDAY];
        const { exitCode } = await runCli(['backfill', ...args], {
          environment: { DATABASE_URL: other.url, TICKSTOCK_NOTHING: 'a warning on stderr' },
          onStart: (child) => child[closed]?.destroy(),
        });

        const { rows } = await other.database.pool.query(`select from pipeline.run where status = 'completed'`);
        expect(exitCode).to.equal(0);
        expect(rows).to.have.lengthOf(3);
      } finally {
        await other.drop();
      }
    });
  }

  it('refuses sessions that would have to go in between', async () => {
    const { exitCode, stderr } = await backfill('--from', '2026-06-24', '--to', TUESDAY);

    expect(exitCode).to.equal(6);
    expect(stderr).to.match(/2 sessions from 2026-06-24 on are older than 2026-06-30/);
  });
});
