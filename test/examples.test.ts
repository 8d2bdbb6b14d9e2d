import { on } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { TradingCalendar } from '../src/core/calendar.js';
import type { SessionDate } from '../src/core/session.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { MONDAY, TUESDAY, writeListings } from './support/market.js';
import { packedProject, TSC, type PackedProject } from './support/packed-project.js';
import { findFreePort, skipWithoutRedis, startRedis, type TestRedis } from './support/redis.js';
import { runProcess, TSX, type ProcessResult } from './support/run-process.js';

const KEY = 'a-key-of-the-examples';
/** As an editor checks a project's modules. */
const TYPED = [
  '--noEmit',
  '--allowJs',
  '--checkJs',
  '--strict',
  '--skipLibCheck',
  '--target',
  'es2023',
  '--module',
  'nodenext',
];
const calendar = new TradingCalendar();

describe('the examples, beside the installed tarball', function () {
  let project: PackedProject;
  let test: TestDatabase;
  let redis: TestRedis;
  let server: ChildProcess | undefined;
  const run = (name: string, args: readonly string[], options: RunOptions): Promise<ProcessResult> =>
    runProcess(process.execPath, ['--import', TSX, `examples/${name}.ts`, ...args], {
      folder: project.folder,
      environment: { DATABASE_URL: test.url, REDIS_URL: redis.url, ...options.environment },
      ...(options.onStart && { onStart: options.onStart }),
    });

  before(function () {
    skipWithoutRedis(this);
  });

  before(async () => {
    redis = await startRedis();
    project = await packedProject();
    const { folder } = project;
    await cp(join(folder, 'node_modules/tickstock-daily/examples'), join(folder, 'examples'), { recursive: true });
  });

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    server?.kill('SIGKILL');
    await test.drop();
  });

  after(() => redis?.stop());

  it('run every phase and the one of the host in a host process, tell Redis, and let the process end', async () => {
    await writeBars(test, MONDAY);
    const listener = redis.connect();
    const heard: { event: string; source: string; payload: Record<string, unknown> }[] = [];
    await listener.subscribe('tickstock:processing:status');
    listener.on('message', (_, text: string) => heard.push(JSON.parse(text) as (typeof heard)[number]));

    const { exitCode, stdout, stderr } = await run('host-process', [MONDAY], {});

    expect(exitCode, stderr).to.equal(0);
    expect(stdout.trim().split('\n').slice(-2)).to.deep.equal(['pattern-detection: 2 patterns', 'completed']);
    // RSI by its definition: 100 when every change is a gain, 0 when each is a loss, near 50 when they take turns.
    expect(await readPatterns(test)).to.deep.equal([`FALLS ${MONDAY} oversold`, `RISES ${MONDAY} overbought`]);
    const { rows } = await test.database.pool.query('select phase, status from pipeline.phase_run order by ordinal');
    expect(rows).to.deep.equal(
      ['import', 'cache-sync', 'indicators', 'pattern-detection'].map((phase) => ({ phase, status: 'completed' })),
    );
    expect(heard.at(0)).to.include({ event: 'daily_processing_started' });
    expect(heard.at(-1)).to.include({ event: 'daily_processing_completed' });
    expect(await redis.connect().xlen('tickstock:events')).to.be.above(0);
  });

  it('extend the command by a source, a rule, a gate and an indicator, and are typed', async () => {
    const { folder } = project;
    const path = join(folder, 'examples/extensions');
    const compiled = await runProcess(
      process.execPath,
      [TSC, '--ignoreConfig', ...TYPED, ...(await readdir(path)).map((name) => `examples/extensions/${name}`)],
      { folder, environment: {} },
    );
    const lines = Array.from({ length: 30 }, (_, index) => ({
      symbol: `Q${String.fromCharCode(65 + index)}`.slice(0, 2),
      name: `Company ${index}`,
      sector: 'Technology',
      close: 10 + index,
      volume: 1000,
      shares: 1e8,
    })).slice(0, 26);
    await writeFile(join(folder, `${MONDAY}.ndjson`), lines.map((line) => JSON.stringify(line)).join('\n'));
    const tickstock = (...args: readonly string[]) =>
      runProcess(
        process.execPath,
        ['node_modules/tickstock-daily/dist/cli/main.js', '--extend', 'examples/extensions', '--json', ...args],
        { folder, environment: { DATABASE_URL: test.url } },
      );

    const run = await tickstock('run', '--source', 'json-lines', '--dir', '.', '--session', MONDAY);
    const universe = await tickstock('universe', 'top_25_liquid');
    const missing = await tickstock('run', '--source', 'json-lines', '--dir', '.', '--session', TUESDAY);

    expect(compiled.exitCode, compiled.stdout).to.equal(0);
    expect(run.exitCode, run.stderr).to.equal(0);
    const { members } = JSON.parse(universe.stdout) as { members: { symbol: string }[] };
    expect(members).to.have.lengthOf(25);
    expect(members[0]).to.include({ symbol: 'QZ' });
    expect(run.stdout).to.contain('are below one dollar');
    // The error of the package is one of the command as well, although the command is a file of its own.
    expect(JSON.parse(missing.stdout)).to.have.nested.property('error.code', 'EOD_SOURCE_MISSING');
  });

  it('say what went wrong when there are no bars', async () => {
    const { exitCode, stdout } = await run('host-process', [MONDAY], {});

    expect(exitCode).to.equal(1);
    expect(stdout).to.include(`refused: ohlcv_daily has no bars of ${MONDAY}`);
  });

  it("serve the routes in a host's server, beside its own, until they are told to stop", async () => {
    const session = calendar.lastClosed(Date.now());
    await writeBars(test, session);
    const port = await findFreePort();
    const url = `http://127.0.0.1:${port}`;
    const headers = { 'x-api-key': KEY, 'content-type': 'application/json' };
    const ended = run('host-server', [], {
      environment: { PORT: String(port), TICKSTOCKPL_API_KEY: KEY },
      onStart: (started) => (server = started),
    });
    await untilSaid(server, 'Server listening');

    const own = await fetch(url);
    const health = await fetch(`${url}/tickstock/health`);
    const stranger = await fetch(`${url}/tickstock/api/runs`);
    const trigger = await fetch(`${url}/tickstock/api/processing/trigger-manual`, { method: 'POST', headers });
    const started = (await trigger.json()) as { run_id: string; session: string; phases: string[] };
    const status = await untilEnded(test, started.run_id);
    const universe = await fetch(`${url}/tickstock/api/universes/large_cap`, { headers });
    server?.kill('SIGTERM');
    const { exitCode, stdout, stderr } = await ended;

    expect(await own.json()).to.deep.equal({ service: 'a route of the host' });
    expect(health.status).to.equal(200);
    expect(await stranger.json()).to.include({ success: false, code: 'EOD_UNAUTHORIZED' });
    expect(started).to.include({ session });
    expect(started.phases).to.include('pattern-detection');
    expect(status, stdout).to.equal('completed');
    // 1 billion shares at $100 each: between $10 and $200 billion, and in a tie the symbol decides.
    const { members } = (await universe.json()) as { members: { symbol: string }[] };
    expect(members.map((member) => member.symbol)).to.deep.equal(['BOTH', 'FALLS', 'RISES']);
    expect(await readPatterns(test)).to.have.length(2);
    expect(exitCode, stderr).to.equal(0);
  });
});

interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly onStart?: (child: ChildProcess) => void;
}

/** Thirty sessions of a stock that rises every day, one that falls, and one that does both in turn. */
async function writeBars({ database }: TestDatabase, newest: SessionDate): Promise<void> {
  for (let day = 0; day < 30; day += 1) {
    await writeListings(database, day === 0 ? newest : calendar.previous(newest, day), [
      { symbol: 'RISES', shares: 1e9, close: 100 - day },
      { symbol: 'FALLS', shares: 1e9, close: 100 + day },
      { symbol: 'BOTH', shares: 1e9, close: 100 + (day % 2) },
    ]);
  }
}

async function readPatterns({ database }: TestDatabase): Promise<string[]> {
  const { rows } = await database.pool.query<{ text: string }>(
    `select symbol || ' ' || session || ' ' || pattern as text from daily_patterns order by symbol`,
  );
  return rows.map((row) => row.text);
}

async function untilEnded({ database }: TestDatabase, runId: string): Promise<string> {
  for (;;) {
    const { rows } = await database.pool.query<{ status: string }>('select status from pipeline.run where id = $1', [
      runId,
    ]);
    const status = rows[0]?.status ?? 'unknown';
    if (status !== 'running') return status;
    await pause(50);
  }
}

/** Rejects when the process ends without having said it. */
async function untilSaid(child: ChildProcess | undefined, text: string): Promise<void> {
  let said = '';
  for await (const chunk of child?.stdout ? on(child.stdout, 'data', { close: ['end'] }) : []) {
    said += String(chunk);
    if (said.includes(text)) return;
  }
  throw new Error(`the process ended and had only said: ${said}`);
}
