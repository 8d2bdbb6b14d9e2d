import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { findWords } from './voice.js';

/** Searches the tracked texts of the product for the words of `voice.ts`: code, configuration, benchmarks, pages. */
const PATHS = ['src', 'phases', 'config', 'bench', 'docs', 'examples', '*.md'];

const files = execFileSync('git', ['ls-files', '-z', '--', ...PATHS], { encoding: 'utf8' })
  .split('\0')
  .filter((file) => /\.(ts|md|yaml)$/.test(file));
const found = files.flatMap((file) => findWords(file, readFileSync(file, 'utf8')));

for (const line of found) process.stdout.write(`${line}\n`);
if (found.length > 0) {
  process.stdout.write(
    `${found.length} words to replace: subjects are things, verbs are the field's (CONTRIBUTING.md)\n`,
  );
  process.exitCode = 1;
}
