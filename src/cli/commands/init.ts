import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PipelineError } from '../../index.js';
import { findUserName, type Command, type GlobalOptions } from '../command.js';
import { listInitFiles, type InitFile } from '../init-files.js';
import { writeJson, writeLine, type Terminal } from '../output.js';
import { formatTable, widthOf } from '../table.js';

interface InitOptions extends GlobalOptions {
  readonly force?: boolean;
}

type Outcome = 'written' | 'unchanged' | 'kept' | 'replaced';

export const initCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('init')
      .argument('[dir]', 'folder, created if needed', '.')
      .summary('write a folder of configuration, and files to run every evening')
      .description(
        'Writes a commented configuration with its schemas, and in deploy/ a systemd unit and timer, a cron line, a Dockerfile with a\n' +
          'compose file, and alert rules for Prometheus. A file that exists and was changed is kept.',
      )
      .option('--force', 'replace files that exist; tickstock.env is kept all the same')
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock init my-config\n  tickstock config --config my-config --explain\n' +
          '  TICKSTOCK_CONFIG_DIR=my-config tickstock run\n',
      )
      .action(async (dir: string, _: unknown, command: { optsWithGlobals(): InitOptions }) => {
        const options = command.optsWithGlobals();
        const directory = resolve(dir);
        const files = await listInitFiles(directory, findUserName() ?? 'tickstock');
        const outcomes = new Map<string, Outcome>();
        for (const file of files) outcomes.set(file.path, await writeInto(directory, file, options.force ?? false));
        if (options.json) {
          const written = files.map(({ path }) => ({ path, outcome: outcomes.get(path) }));
          writeJson(terminal, { directory, files: written });
        } else {
          writeResult(terminal, dir, files, outcomes);
        }
        setExitCode(0);
      });
  },
};

/** @throws EOD_USAGE when the folder cannot be written */
async function writeInto(directory: string, file: InitFile, force: boolean): Promise<Outcome> {
  const path = join(directory, file.path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const found = await readIfThere(path);
    if (found === file.content) return 'unchanged';
    if (found !== undefined && (!force || file.isSecret)) return 'kept';
    await writeFile(path, file.content, { mode: file.isSecret ? 0o600 : 0o644 });
    return found === undefined ? 'written' : 'replaced';
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PipelineError('EOD_USAGE', `${path} cannot be written: ${reason}`, {
      hint: 'name a folder that you may write, for example tickstock init ./my-config',
      cause: error,
    });
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function writeResult(
  terminal: Terminal,
  dir: string,
  files: readonly InitFile[],
  outcomes: ReadonlyMap<string, Outcome>,
): void {
  const shown = files.filter(({ purpose }) => purpose !== '');
  const rows = shown.map(({ path, purpose }) => [path, purpose, outcomes.get(path) ?? '']);
  writeLine(terminal.out, formatTable([{ title: 'file' }, { title: 'for' }, { title: '' }], rows, widthOf(terminal)));
  const kept = [...outcomes.values()].filter((outcome) => outcome === 'kept').length;
  if (kept > 0)
    writeLine(
      terminal.out,
      '\nKept files were changed since they were written: --force replaces them, except tickstock.env.',
    );
  writeLine(
    terminal.out,
    `\nNext: uncomment what you need, then\n  tickstock config --config ${dir} --explain\n  tickstock doctor --config ${dir}`,
  );
}
