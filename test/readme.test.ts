import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { environmentVariables } from '../src/config/environment.js';
import { loadConfig } from '../src/config/load.js';
import { ERRORS } from '../src/core/errors.js';

const README = new URL('../README.md', import.meta.url);

describe('the README', () => {
  it('lists every setting of tickstock.yaml with its variable, default and meaning', () => {
    const settings = new Map(
      loadConfig({})
        .explain()
        .map((setting) => [setting.path, setting]),
    );
    const rows = environmentVariables.map(({ name, path }) => {
      const setting = settings.get(path.join('.'));
      const value =
        setting?.value === undefined ? '' : `\`${JSON.stringify(setting.value).replaceAll(/["[\]]/g, '')}\``;
      return `| \`${path.join('.')}\` | \`${name}\` | ${value} | ${setting?.description ?? ''} |`;
    });
    const table = ['| setting | environment | default | meaning |', '|---|---|---|---|', ...rows].join('\n');

    expect(section('settings', table)).to.deep.equal(toCells(table));
  });

  it('lists every error with its exit code, HTTP status and whether a retry helps', () => {
    const rows = Object.entries(ERRORS).map(
      ([code, error]) =>
        `| \`${code}\` | ${error.exitCode} | ${error.httpStatus} | ${error.retryable ? 'yes' : 'no'} | ${error.meaning} |`,
    );
    const table = ['| code | exit | HTTP | retry | meaning |', '|---|---|---|---|---|', ...rows].join('\n');

    expect(section('errors', table)).to.deep.equal(toCells(table));
  });
});

/** What stands between a section's markers; with UPDATE_README set, `expected` is put there first. */
function section(name: string, expected: string): string[][] {
  const text = readFileSync(README, 'utf8');
  const pattern = new RegExp(`(<!-- ${name}: [^\\n]*-->\\n)([\\s\\S]*?)(<!-- /${name} -->)`);
  if (process.env['UPDATE_README']) {
    writeFileSync(
      README,
      text.replace(pattern, (_, start: string, __, end: string) => `${start}\n${expected}\n\n${end}`),
    );
  }
  return toCells((pattern.exec(readFileSync(README, 'utf8'))?.[2] ?? '').trim());
}

/** The formatter pads columns: only what stands in them counts. */
function toCells(table: string): string[][] {
  const lines = table.split('\n').filter((line) => !/^[|\s-]*$/.test(line));
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}
