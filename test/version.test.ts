import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { VERSION } from '../src/index.js';

describe('VERSION', () => {
  it('is the one that package.json gives', async () => {
    const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as object;

    expect(manifest).to.have.property('version', VERSION);
  });
});
