/**
 * Builds after an install. An install without development packages (`npm ci --omit=dev`, NODE_ENV=production, as Dockerfiles do it) has no compiler:
 * it is fetched for the build and removed again.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const environment = { ...process.env };
// What was asked of the install outside must not leave out the compiler here.
for (const name of Object.keys(environment))
  if (/^(NODE_ENV|npm_config_(omit|include|production|only))$/i.test(name)) delete environment[name];

function run(...parameters) {
  const { status, error } = spawnSync(npm, parameters, { stdio: 'inherit', env: environment });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
const hasCompiler =
  existsSync('node_modules/typescript/package.json') && existsSync('node_modules/rolldown/package.json');
if (!hasCompiler) run('install', '--no-save', '--include=dev', ...quiet);
run('run', '-s', 'build');
if (!hasCompiler) run('prune', '--omit=dev', '--no-save', ...quiet);
