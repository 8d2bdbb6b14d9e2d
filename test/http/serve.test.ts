import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { bundledCli } from '../support/bundled-cli.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import { runCli } from '../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ScreenerFiles } from '../support/screener-files.js';
import { KEY, send } from './service.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Serving {
  readonly address: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

/** `tickstock serve` in a process of its own, once it listens. */
async function serve(databaseUrl: string, environment: Record<string, string>, ...args: string[]): Promise<Serving> {
  const child = spawn(process.execPath, [await bundledCli(), 'serve', '--port', '0', '--json', ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.trimEnd().endsWith('}')) resolve((JSON.parse(stdout) as { address: string }).address);
    });
    void ended.then((code) => reject(new Error(`serve ended with ${code}: ${output}`)));
  });
  return { address, child, output: () => output, ended };
}

/** How a run ended, and its last event. */
async function readEnd({ database }: TestDatabase, runId: unknown): Promise<unknown> {
  const { rows } = await database.pool.query(
    `select status, (select body ->> 'event' from pipeline.outbox where run_id = r.id order by sequence desc limit 1) as event
     from pipeline.run r where id = $1`,
    [runId],
  );
  return rows[0];
}

describe('tickstock serve', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(() => test.drop());

  it('reports its address, answers, and exits cleanly on SIGTERM', async () => {
    const serving = await serve(test.url, { TICKSTOCKPL_API_KEY: `${KEY},another-0123456789abcdef` });

    const health = await send(`${serving.address}/health`, 'GET', { key: null });
    const status = await send(`${serving.address}/api/processing/status`, 'GET');
    serving.child.kill('SIGTERM');
    const exitCode = await serving.ended;

    expect([health.status, status.status]).to.deep.equal([200, 200]);
    expect(exitCode, serving.output()).to.equal(0);
    expect(serving.output()).to.include(`Listening on ${serving.address}`).and.include('curl');
    const lines = serving
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-1)).to.include({ level: 'info', msg: 'stopped' });
    expect(serving.output()).not.to.include(KEY);
  });

  it('warns that every request is refused when there are no keys', async () => {
    const serving = await serve(test.url, {});

    serving.child.kill('SIGINT');
    await serving.ended;

    expect(serving.output()).to.include('There are no API keys').and.include('TICKSTOCKPL_API_KEY');
  });

  it('finishes a run on SIGTERM when http.onStop is finish', async () => {
    const files = await ScreenerFiles.create();
    await files.writeSession(new TradingCalendar().lastClosed(Date.now()), {});
    const serving = await serve(test.url, {
      TICKSTOCKPL_API_KEY: KEY,
      TICKSTOCK_IMPORT_SOURCE: 'screener',
      TICKSTOCK_IMPORT_DIR: files.dir,
    });
    const { body } = await send(`${serving.address}/api/processing/trigger-manual`, 'POST', { body: {} });
    serving.child.kill('SIGTERM');
    const exitCode = await serving.ended;
    await files.remove();

    expect(exitCode, serving.output()).to.equal(0);
    expect(await readEnd(test, body['run_id'])).to.deep.equal({
      status: 'completed',
      event: 'daily_processing_completed',
    });
  });

  it('cancels a run on SIGTERM when http.onStop is cancel', async () => {
    const other = await createTestDatabase();
    try {
      const serving = await serve(other.url, {
        TICKSTOCKPL_API_KEY: KEY,
        TICKSTOCK_IMPORT_SOURCE: 'sample',
        TICKSTOCK_HTTP_ON_STOP: 'cancel',
      });
      const { body } = await send(`${serving.address}/api/processing/trigger-import`, 'POST', { body: {} });
      serving.child.kill('SIGTERM');
      const exitCode = await serving.ended;

      expect(exitCode, serving.output()).to.equal(0);
      expect(await readEnd(other, body['run_id'])).to.deep.equal({
        status: 'cancelled',
        event: 'daily_processing_completed',
      });
    } finally {
      await other.drop();
    }
  });

  it('exits at once on a second signal', async () => {
    const other = await createTestDatabase();
    try {
      const serving = await serve(other.url, { TICKSTOCKPL_API_KEY: KEY, TICKSTOCK_IMPORT_SOURCE: 'sample' });
      await send(`${serving.address}/api/processing/trigger-import`, 'POST', { body: {} });
      serving.child.kill('SIGTERM');
      while (!serving.output().includes('waiting up to')) await new Promise((resolve) => setTimeout(resolve, 10));
      serving.child.kill('SIGTERM');

      expect(await serving.ended).to.equal(130);
    } finally {
      await other.drop();
    }
  });

  it('refuses an address that other machines reach when there are no keys', async () => {
    const { exitCode, stderr } = await runCli(['serve', '--host', '0.0.0.0'], {
      environment: { DATABASE_URL: test.url },
    });

    expect(exitCode).to.equal(3);
    expect(stderr).to.include('0.0.0.0').and.include('TICKSTOCKPL_API_KEY');
    expect(stderr).not.to.match(/\n\s+at /);
  });

  it('reports when another program is listening there', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;

    const { exitCode, stderr } = await runCli(['serve', '--port', String(port)], {
      environment: { DATABASE_URL: test.url, TICKSTOCKPL_API_KEY: KEY },
    });
    taken.close();

    expect(exitCode).to.equal(32);
    expect(stderr).to.include(`port ${port}`).and.include('another program').and.include('--port');
  });

  for (const port of ['70000', '-1', 'http', '']) {
    it(`refuses "${port}" as a port`, async () => {
      const { exitCode, stderr } = await runCli(['serve', `--port=${port}`], {
        environment: { DATABASE_URL: test.url },
      });

      expect(exitCode).to.equal(2);
      expect(stderr).to.include('0 to 65535');
    });
  }
});
