import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import { gateIds } from '../../docs/manual/tables.js';
import { generateManual } from '../../docs/manual/generate.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, ROOT), 'utf8');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(new URL('docs', ROOT))
    .filter(isPage)
    .map((name) => `docs/${name}`),
];

function isPage(name: string): boolean {
  return name.endsWith('.md') && !name.startsWith('TickStockAppV2');
}

describe('the manual', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(() => test.drop());

  it('has its generated tables and schemas as the code is now', async () => {
    const generated = await generateManual(test.database);

    for (const [path, text] of generated) expect(await read(path), `${path}: npm run docs:manual`).to.equal(text);
  });

  it('has a README of three screens, no line over 120 characters', async () => {
    const lines = (await read('README.md')).split('\n');

    expect(lines.length).to.be.below(150);
    expect(lines.filter((line) => line.length >= 120)).to.deep.equal([]);
  });

  it('names every page in the README, and links to nothing that is not there', async () => {
    const readme = await read('README.md');
    const texts = await Promise.all(PAGES.map(async (page) => ({ page, text: await read(page) })));
    const links = texts.flatMap(({ page, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => new URL(match[1] ?? '', new URL(page, ROOT))),
    );

    expect(PAGES.filter((page) => page !== 'README.md' && !readme.includes(`(${page})`))).to.deep.equal([]);
    expect(links.length).to.be.above(20);
    for (const link of links) await readFile(link);
  });

  it('explains every gate and every command', async () => {
    const gates = await read('docs/gates-holds-approvals.md');
    const manual = (await Promise.all(PAGES.map(read))).join('\n');

    expect(gateIds().filter((id) => !gates.includes(`\`${id}\``))).to.deep.equal([]);
    const files = readdirSync(new URL('src/cli/commands', ROOT)).map((file) => file.replace(/\.ts$/, ''));
    const commands = files.filter((name) => !['start', 'index'].includes(name));
    expect(commands.filter((name) => !new RegExp(`\\btickstock ${name}\\b`).test(manual))).to.deep.equal([]);
  });
});

describe('the JSON schemas of the configuration', () => {
  for (const name of ['calendar', 'gates', 'sectors', 'themes', 'tickstock', 'universes']) {
    it(`accept ${name}.yaml as it is shipped, which names its schema, and refuse a setting that is not known`, async () => {
      const yaml = await read(`config/${name}.yaml`);
      const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
        JSON.parse(await read(`config/schema/${name}.json`)) as object,
      );
      const content = (parse(yaml) ?? {}) as object;

      expect(yaml.split('\n')[0]).to.equal(`# yaml-language-server: $schema=schema/${name}.json`);
      expect(validate(content), JSON.stringify(validate.errors)).to.equal(true);
      expect(validate({ ...content, nonsense: 1 })).to.equal(false);
    });
  }

  it('accept the changes that docs/configuration.md shows, which change what they say', async () => {
    const page = await read('docs/configuration.md');
    const text = /```yaml\n(# my-config\/themes\.yaml[\s\S]*?)```/.exec(page)?.[1] ?? '';
    const validate = new Ajv2020({ strict: false }).compile(
      JSON.parse(await read('config/schema/themes.json')) as object,
    );
    const folder = await mkdtemp(join(tmpdir(), 'tickstock-manual-'));
    await writeFile(join(folder, 'themes.yaml'), text);

    const { config, warnings } = loadConfig({ dir: folder });

    await rm(folder, { recursive: true });
    expect(validate(parse(text)), JSON.stringify(validate.errors)).to.equal(true);
    expect(validate({ replace: true, themes: [{ key: 'ai', replace: true, rules: { replace: true } }] })).to.equal(
      true,
    );
    expect(validate({ themes: [{ key: 'ai', rules: { replace: 'yes' } }] })).to.equal(false);
    expect(warnings).to.deep.equal([]);
    expect(config.themes.map(({ key }) => key))
      .to.include('banks')
      .and.not.include('quantum');
    expect(config.themes[0]).to.deep.include({ key: 'ai', maxSize: 80 });
    expect(config.themes).to.have.length(loadConfig({}).config.themes.length);
  });
});
