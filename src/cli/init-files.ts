import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VERSION } from '../core/version.js';
import { HELD_EXIT_CODE, packageDir } from '../index.js';

/** A file that `tickstock init` writes. */
export interface InitFile {
  /** Below the folder. */
  readonly path: string;
  readonly content: string;
  /** Others on the machine may not read it. */
  readonly isSecret: boolean;
  readonly purpose: string;
}

/** Folders of the package, and where their files go. */
const SOURCES = [
  { from: 'examples/config', to: '.' },
  { from: 'config/schema', to: 'schema' },
  { from: 'examples/deploy', to: 'deploy' },
] as const;

/** Files that are not listed have no line of their own in what is printed. */
const PURPOSES: Readonly<Record<string, string>> = {
  'tickstock.yaml': 'database, import, Redis, HTTP, schedule, notifications',
  'universes.yaml': 'bands, rankings, sizes, ETF categories, buffers',
  'themes.yaml': 'themes',
  'sectors.yaml': 'sectors of the source → GICS sectors',
  'sic.yaml': 'SIC codes → sectors of the source',
  'gates.yaml': 'thresholds of the gates',
  'calendar.yaml': 'closures of the past that were announced late',
  'deploy/tickstock.env': 'addresses and keys, readable by you alone',
  'deploy/tickstock.service': 'systemd: the service, with the evening’s run',
  'deploy/tickstock-evening.service': 'systemd: one evening',
  'deploy/tickstock-evening.timer': 'systemd: when',
  'deploy/crontab': 'cron: one evening',
  'deploy/Dockerfile': 'the service in a container',
  'deploy/compose.yaml': 'PostgreSQL, Redis and the service',
  'deploy/prometheus-rules.yaml': 'alerts on the metrics of the service',
};

/** The files for a folder (absolute path), which the units name, and a user to run as. */
export async function listInitFiles(directory: string, user: string): Promise<InitFile[]> {
  const root = packageDir();
  const values: Readonly<Record<string, string>> = {
    directory,
    user,
    command: [process.execPath, join(root, 'dist/cli/main.js')].map(quote).join(' '),
    version: VERSION,
    holdExitCode: String(HELD_EXIT_CODE),
  };
  const files: InitFile[] = [];
  for (const { from, to } of SOURCES) {
    for (const name of (await readdir(join(root, from))).toSorted()) {
      const path = join(to, name);
      const text = await readFile(join(root, from, name), 'utf8');
      const content = text.replace(/@(\w+)@/g, (found, word: string) => values[word] ?? found);
      files.push({ path, content, isSecret: name.endsWith('.env'), purpose: PURPOSES[path] ?? '' });
    }
  }
  return files;
}

/** For systemd and a shell. */
function quote(path: string): string {
  return /[\s"'$`\\]/.test(path) ? `"${path.replace(/["$`\\]/g, '\\$&')}"` : path;
}
