import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { bundledCli } from '../support/bundled-cli.js';
import { MASSIVE_KEY, MassiveServer, toBarRow, toTickerRow } from '../support/massive-server.js';
import { runProcess } from '../support/run-process.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** In the order a reader follows them: the first makes the sample market that the others ask. */
const PAGES = process.env['ONLY']
  ? [process.env['ONLY']]
  : [
      'docs/getting-started.md',
      'README.md',
      'docs/your-own-data.md',
      'docs/csv-files.md',
      'docs/massive.md',
      'docs/universes-and-themes.md',
      'docs/gates-holds-approvals.md',
      'docs/point-in-time-and-replay.md',
      'docs/every-evening.md',
      'docs/configuration.md',
      'docs/deployment.md',
    ];

/** What CI and the packed tarball run as a whole. */
const RUN_ELSEWHERE = ['npm ci && npm start', 'npm ci && npm test'];

describe('the commands of the manual', function () {
  let folder: string;
  let shims: string;
  let service: ChildProcess;
  const massive = createMassive();
  let massiveUrl: string;
  const environment = { TSX_TSCONFIG_PATH: `${ROOT}tsconfig.json` };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickstock-manual-'));
    shims = await mkdtemp(join(tmpdir(), 'tickstock-shims-'));
    const script = (name: string, text: string): Promise<void> =>
      writeFile(join(shims, name), `#!/bin/sh\n${text}\n`).then(() => chmod(join(shims, name), 0o755));
    // Built from the sources: what is shown is how this checkout behaves.
    await script('tickstock', `exec "${process.execPath}" "${await bundledCli()}" "$@"`);
    await script('npx', 'exec "$@"');
    massiveUrl = await massive.start();
    service = await keepServer();
  });

  after(async () => {
    const ended = once(service, 'close');
    service.kill('SIGTERM');
    await ended;
    await massive.stop();
    await Promise.all([folder, shims].map((path) => rm(path, { recursive: true, force: true })));
  });

  /** A service in the reader's folder: each command would start and stop the embedded server otherwise. */
  async function keepServer(): Promise<ChildProcess> {
    const child = spawn(join(shims, 'tickstock'), ['serve', '--port', '0'], {
      cwd: folder,
      env: { ...process.env, ...environment },
    });
    for await (const line of createInterface({ input: child.stderr })) if (line.startsWith('Listening on ')) break;
    child.stdout.resume();
    child.stderr.resume();
    return child;
  }

  for (const page of PAGES) {
    it(`in ${page} work as they stand`, async () => {
      for (const block of await readBlocks(page)) {
        const { exitCode, stderr } = await runProcess('bash', ['-euc', block], {
          folder,
          environment: {
            TSX_TSCONFIG_PATH: `${ROOT}tsconfig.json`,
            MASSIVE_API_KEY: MASSIVE_KEY,
            TICKSTOCK_IMPORT_MASSIVE_URL: massiveUrl,
            PATH: `${shims}${delimiter}${process.env['PATH'] ?? ''}`,
          },
        });

        expect(exitCode, `${block}\n${stderr}`).to.equal(0);
      }
    });
  }
});

/** A market of three stocks on the sessions of its page. */
function createMassive(): MassiveServer {
  const closes = { ALDA: 53.55, BRYN: 18.75, CORU: 7.2 };
  return new MassiveServer({
    bars: Object.fromEntries(
      ['2026-06-29', '2026-06-30', '2026-07-01'].map((session) => [
        session,
        Object.entries(closes).map(([ticker, close]) => toBarRow(ticker, close, 800_000)),
      ]),
    ),
    tickers: Object.keys(closes).map((ticker) => toTickerRow(ticker)),
    details: Object.fromEntries(
      Object.keys(closes).map((ticker) => [
        ticker,
        { ticker, weighted_shares_outstanding: 4_000_000_000, sic_code: '3674', list_date: '2009-05-14' },
      ]),
    ),
  });
}

/** Shell blocks of a page, apart from those that are marked as not run. */
async function readBlocks(page: string): Promise<string[]> {
  const text = await readFile(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/(<!-- not run: [^\n]+ -->\n\n)?```sh\n([\s\S]*?)```/g)];
  expect(blocks, page).not.to.deep.equal([]);
  return blocks
    .filter(([, mark]) => mark === undefined)
    .map(([, , block = '']) => block)
    .filter((block) => !RUN_ELSEWHERE.includes(block.trim()));
}
