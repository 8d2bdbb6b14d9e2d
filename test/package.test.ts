import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { VERSION } from '../src/core/version.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { listSourceFiles } from './support/imports.js';
import { MONDAY, writeListings } from './support/market.js';
import { packedProject, TSC, type PackedProject } from './support/packed-project.js';
import { runProcess, type ProcessOptions } from './support/run-process.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/package/${name}`, import.meta.url));

const PEERS = ['fastify', 'ioredis', 'pg', 'tsyringe'];

/** What `npm ls --json` says. */
interface Installed {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, Installed>>;
}

describe('the packed tarball', function () {
  let project: PackedProject;

  before(async () => {
    project = await packedProject();
  });

  it('holds every compiled file with its types, the bundled command, the configuration, the description of the API and the examples', () => {
    const library = listSourceFiles('src', 'phases').filter((file) => !file.startsWith('src/cli/'));
    const compiled = library.flatMap((file) => {
      const name = `dist/${file.replace(/\.ts$/, '')}`;
      return [`${name}.js`, `${name}.d.ts`];
    });
    const filesOf = (folder: string): string[] =>
      readdirSync(fileURLToPath(new URL(`../${folder}`, import.meta.url)), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
    const shipped = ['config', 'examples'].flatMap(filesOf);
    const pages = filesOf('docs').filter((file) => /^docs\/[^/]+\.md$/.test(file));
    const documents = [
      ...pages,
      'package.json',
      'README.md',
      'CHANGELOG.md',
      'SECURITY.md',
      'LICENSE',
      'docs/openapi.json',
    ];

    const isBundled = (file: string): boolean => /^dist\/cli\/[\w-]+\.js$/.test(file);
    expect(project.files.filter((file) => !isBundled(file))).to.have.members([...compiled, ...shipped, ...documents]);
    expect(project.files.filter(isBundled)).to.include('dist/cli/main.js');
  });

  it('shares the packages of its host whose objects it takes: there is one copy of each, at the oldest version it works with', async () => {
    const { stdout } = await runProcess('npm', ['ls', '--all', '--json', ...PEERS], { folder: project.folder });

    const versions = new Map<string, Set<string>>();
    const collect = ({ dependencies = {} }: Installed): void => {
      for (const [name, found] of Object.entries(dependencies)) {
        if (PEERS.includes(name) && found.version !== undefined)
          versions.set(name, (versions.get(name) ?? new Set()).add(found.version));
        collect(found);
      }
    };
    collect(JSON.parse(stdout) as Installed);
    expect([...versions].map(([name, found]) => [name, found.size])).to.have.deep.members(
      PEERS.map((name) => [name, 1]),
    );
  });

  it('can be required as well as imported', async () => {
    const code = `console.log(typeof require('tickstock-daily').createPipeline, typeof require('tickstock-daily/http').createServer)`;

    const { exitCode, stdout, stderr } = await runProcess(process.execPath, ['-e', code], { folder: project.folder });

    expect({ exitCode, stdout: stdout.trim() }, stderr).to.deep.equal({ exitCode: 0, stdout: 'function function' });
  });

  it('bundles no package that reads files beside its own', async () => {
    const chunks = project.files.filter((file) => file.startsWith('dist/cli/'));
    const texts = await Promise.all(
      chunks.map((file) => readFile(join(project.folder, 'node_modules/tickstock-daily', file), 'utf8')),
    );

    expect(chunks.filter((_, index) => /require[\w$]*\(["']\.\.?\//.test(texts[index] ?? ''))).to.deep.equal([]);
  });

  describe('has a command that', () => {
    let data: string;
    const tickstock = (args: readonly string[], options: ProcessOptions = {}) =>
      runProcess(join(project.folder, 'node_modules/.bin/tickstock'), args, { folder: project.folder, ...options });

    before(async () => {
      data = await mkdtemp(join(tmpdir(), 'tickstock-packed-data-'));
    });

    after(() => rm(data, { recursive: true, force: true }));

    it('says its version', async () => {
      const { exitCode, stdout } = await tickstock(['--version']);

      expect({ exitCode, stdout: stdout.trim() }).to.deep.equal({ exitCode: 0, stdout: VERSION });
    });

    it('knows where each shipped setting is written', async () => {
      const file = join(project.folder, 'node_modules/tickstock-daily/config/gates.yaml');
      const lines = (await readFile(file, 'utf8')).split('\n');

      const { stdout } = await tickstock(['config', '--json']);

      const settings = JSON.parse(stdout) as { path: string; origin: string }[];
      const line = lines.findIndex((text) => text.startsWith('minSymbols:')) + 1;
      expect(settings.find(({ path }) => path === 'gates.minSymbols')?.origin).to.equal(`${file}:${line}`);
    });

    it('writes a configuration folder whose units start the command that is installed', async () => {
      const folder = join(data, 'my-config');

      const { exitCode, stderr } = await tickstock(['init', folder]);

      expect(exitCode, stderr).to.equal(0);
      const unit = await readFile(join(folder, 'deploy/tickstock.service'), 'utf8');
      const [, command = ''] = /^ExecStart=\S+ (\S+) serve/m.exec(unit) ?? [];
      expect(existsSync(command), command).to.equal(true);
      expect((await tickstock(['config', '--config', folder])).exitCode).to.equal(0);
    });

    it('runs every phase of the sample market on an embedded database', async () => {
      // In its first weeks, so that little history is loaded first.
      const sample = ['--source', 'sample', '--session', '2025-03-03'];
      const { exitCode, stdout, stderr } = await tickstock(['run', ...sample, '--data-dir', data, '--json']);

      expect(exitCode, stderr).to.equal(0);
      const { status, phases } = JSON.parse(stdout) as { status: string; phases: { phase: string; status: string }[] };
      expect(status).to.equal('completed');
      expect(phases.map(({ phase }) => phase)).to.deep.equal(['import', 'cache-sync', 'indicators']);
    });

    it('serves what was published over HTTP until it is stopped', async () => {
      let answer: Promise<Response> | undefined;
      const { exitCode, stderr } = await tickstock(['serve', '--port', '0', '--json', '--data-dir', data], {
        environment: { TICKSTOCK_HTTP_TRUST_LOOPBACK: 'true' },
        onStart: (child) => {
          answer = fetchOnce(child, '/api/universes/top_500');
        },
      });

      expect(exitCode, stderr).to.equal(0);
      expect((await answer)?.status).to.equal(200);
    });
  });

  it('has types for a strict project, also of what it hands out from other packages', async () => {
    await copyFile(fixture('host-types.ts'), join(project.folder, 'host-types.ts'));
    const compilerOptions = {
      target: 'ES2023',
      module: 'NodeNext',
      types: ['node'],
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    };
    await writeFile(
      join(project.folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['host-types.ts'] }),
    );

    const { stdout } = await runProcess(process.execPath, [TSC, '--pretty', 'false', '-p', '.'], {
      folder: project.folder,
    });

    // A mistake in the types of a package that is not this one's says nothing here.
    const ours = stdout.split('\n').filter((line) => !/^node_modules\/(?!tickstock-daily\/)/.test(line));
    expect(ours.join('\n').trim()).to.equal('');
  });

  describe('as an ES module', () => {
    let test: TestDatabase;

    beforeEach(async () => {
      test = await createTestDatabase();
    });

    afterEach(() => test.drop());

    it('runs a session, asks for what was published and lets the process end', async () => {
      // 15 billion shares at $200 are $3 trillion, 1 billion at $50 are $50 billion; $200 billion is the bound of mega_cap.
      await writeListings(test.database, MONDAY, [
        { symbol: 'AAPL', shares: 15e9, close: 200 },
        { symbol: 'LESS', shares: 1e9, close: 50 },
      ]);
      await copyFile(fixture('run-session.mjs'), join(project.folder, 'run-session.mjs'));

      const { exitCode, stdout, stderr } = await runProcess(process.execPath, ['run-session.mjs', MONDAY], {
        folder: project.folder,
        environment: { DATABASE_URL: test.url },
      });

      expect(exitCode, stderr).to.equal(0);
      expect(JSON.parse(stdout)).to.deep.equal({
        status: 'completed',
        version: VERSION,
        megaCap: ['AAPL'],
        routes: 'function',
        inside: 'ERR_PACKAGE_PATH_NOT_EXPORTED',
      });
    });
  });
});

/** Asks a service for a path as soon as it has written its address, then stops it. */
async function fetchOnce(service: ChildProcess, path: string): Promise<Response> {
  const address = await new Promise<string>((resolve, reject) => {
    let text = '';
    service.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.trimEnd().endsWith('}')) resolve((JSON.parse(text) as { address: string }).address);
    });
    service.once('close', () => reject(new Error('the service ended without an address')));
  });
  try {
    return await fetch(`${address}${path}`);
  } finally {
    service.kill('SIGTERM');
  }
}
