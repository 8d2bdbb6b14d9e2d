import { readdirSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { VERSION } from '../src/core/version.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { listSourceFiles } from './support/imports.js';
import { MONDAY, writeListings } from './support/market.js';
import { packedProject, TSC, type PackedProject } from './support/packed-project.js';
import { runProcess } from './support/run-process.js';

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/package/${name}`, import.meta.url));

describe('the packed tarball', function () {
  this.timeout(240_000);
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
      readdirSync(fileURLToPath(new URL(`../${folder}`, import.meta.url))).map((name) => `${folder}/${name}`);
    const shipped = ['config', 'config/schema', 'examples'].flatMap(filesOf).filter((file) => file !== 'config/schema');
    const pages = filesOf('docs').filter((file) => file.endsWith('.md'));
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

  it('has a command that says its version', async () => {
    const { exitCode, stdout } = await runProcess(join(project.folder, 'node_modules/.bin/tickstock'), ['--version'], {
      folder: project.folder,
    });

    expect({ exitCode, stdout: stdout.trim() }).to.deep.equal({ exitCode: 0, stdout: VERSION });
  });

  it('has a command that knows where each shipped setting is written', async () => {
    const file = join(project.folder, 'node_modules/tickstock-daily/config/gates.yaml');
    const lines = (await readFile(file, 'utf8')).split('\n');
    const command = join(project.folder, 'node_modules/.bin/tickstock');

    const { stdout } = await runProcess(command, ['config', '--json'], { folder: project.folder });

    const settings = JSON.parse(stdout) as { path: string; origin: string }[];
    const line = lines.findIndex((text) => text.startsWith('minSymbols:')) + 1;
    expect(settings.find(({ path }) => path === 'gates.minSymbols')?.origin).to.equal(`${file}:${line}`);
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
