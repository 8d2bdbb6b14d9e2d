import { readdir, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PipelineError } from '../core/errors.js';
import type { PipelineOptions } from '../index.js';

const KINDS = ['sources', 'rules', 'gates', 'layouts', 'formulas', 'phases'] as const;

export type CliExtensions = Pick<PipelineOptions, (typeof KINDS)[number]>;

const MODULE = /\.m?js$/;

/**
 * Loads the units that modules export under `sources`, `rules`, `gates`, `layouts`, `formulas` and `phases`, each a list.
 *
 * @param paths ES modules, or folders of which every `.js` and `.mjs` file is one
 * @throws EOD_CONFIG_INVALID naming the file that is missing, fails or exports nothing of these
 */
export async function loadExtensions(paths: readonly string[]): Promise<CliExtensions> {
  const extensions: Partial<Record<(typeof KINDS)[number], unknown[]>> = {};
  for (const path of new Set(paths.map((each) => resolve(each)))) {
    for (const file of await listModules(path)) {
      const units = readUnits(file, await importModule(file));
      for (const [kind, list] of units) (extensions[kind] ??= []).push(...list);
    }
  }
  return extensions as CliExtensions;
}

/** The paths of a variable, separated as in PATH. */
export function splitPaths(text: string | undefined): string[] {
  return (text ?? '').split(delimiter).filter((path) => path.trim() !== '');
}

async function listModules(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return [path];
  const names = found?.isDirectory() ? (await readdir(path)).filter((name) => MODULE.test(name)).toSorted() : [];
  if (names.length > 0) return names.map((name) => join(path, name));
  throw invalid(found === undefined ? `there is no ${path}` : `${path} has no .js or .mjs file`, 'correct --extend');
}

async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw invalid(
      `${file} cannot be loaded: ${message}`,
      'extensions are ES modules; run it with node to see where it fails',
      error,
    );
  }
}

function readUnits(
  file: string,
  exported: Readonly<Record<string, unknown>>,
): (readonly [(typeof KINDS)[number], readonly unknown[]])[] {
  const units = KINDS.flatMap((kind) => {
    const list = exported[kind];
    if (list === undefined) return [];
    if (!Array.isArray(list)) throw invalid(`${kind} of ${file} is not a list`, `export const ${kind} = [ … ]`);
    return [[kind, list] as const];
  });
  if (units.length > 0) return units;
  const names = Object.keys(exported);
  const found = names.length === 0 ? 'exports nothing' : `exports ${names.join(', ')}`;
  throw invalid(
    `${file} ${found}`,
    `a module of extensions exports lists under ${KINDS.join(', ')}: docs/extending.md`,
  );
}

function invalid(message: string, hint: string, cause?: unknown): PipelineError {
  return new PipelineError('EOD_CONFIG_INVALID', message, { hint, ...(cause !== undefined && { cause }) });
}
