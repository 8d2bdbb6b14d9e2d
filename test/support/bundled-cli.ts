import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import config from '../../rolldown.config.js';
import { atEnd } from './at-end.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let bundled: Promise<string> | undefined;

/**
 * The command as it is shipped, built from the sources once for the whole run: path of its main file. It starts in a sixth of the time that the
 * sources take, and a package that cannot be bundled shows.
 */
export function bundledCli(): Promise<string> {
  return (bundled ??= bundle());
}

async function bundle(): Promise<string> {
  // Below the root: the command looks for its package above itself.
  const dir = join(ROOT, 'dist', `cli-test-${process.pid}`);
  atEnd(() => rm(dir, { recursive: true, force: true }));
  await build({ ...config, cwd: ROOT, output: Object.assign({}, config.output, { dir }) });
  return join(dir, 'main.js');
}
