import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigLayer, type ConfigOrigin, mergeValues, type Values } from './layers.js';
import { packageDir } from './package-dir.js';
import { nearestName } from '../core/nearest.js';
import { checkOverlay, mergeOverlay, traceOverlay } from './overlay.js';
import { type ConfigProblem, describeMismatch, formatOrigin, unknownKey } from './problems.js';
import { themesFileSchema, tickstockFileSchema } from './schema/index.js';
import { type ConfigPath, formatPath, schemaAt } from './schema-tree.js';
import { readYamlFile, type YamlFile } from './yaml-file.js';
import { isMapping } from '../core/is-mapping.js';

interface FileKind {
  readonly name: string;
  /** Sections of the configuration that the file fills. */
  readonly sections: readonly string[];
  /** Path above the keys of the file: the section, or empty where the keys are sections themselves. */
  readonly root: readonly string[];
}

const FILES: readonly FileKind[] = [
  { name: 'tickstock.yaml', sections: Object.keys(tickstockFileSchema.shape), root: [] },
  { name: 'universes.yaml', sections: ['universes'], root: ['universes'] },
  { name: 'themes.yaml', sections: Object.keys(themesFileSchema.shape), root: [] },
  { name: 'sectors.yaml', sections: ['sectors'], root: [] },
  { name: 'sic.yaml', sections: ['sic'], root: [] },
  { name: 'gates.yaml', sections: ['gates'], root: ['gates'] },
  { name: 'calendar.yaml', sections: ['calendar'], root: ['calendar'] },
];

export interface ConfigFiles {
  readonly layer: ConfigLayer;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
  /** Files without usable content. The settings they should have held are unknown rather than missing. */
  readonly broken: ReadonlySet<string>;
  /** Those of the folder. */
  readonly changed: readonly string[];
  /** Those of the package. */
  readonly shipped: ReadonlySet<string>;
}

/** Reads the files of the package, those of `dir` that change them, and a file that changes `universes.yaml` once more. */
export function readConfigFiles(dir: string | undefined, universes?: string): ConfigFiles {
  const listing = listFolder(dir);
  const shippedDir = packageConfigDir();
  const shipped = new Set(FILES.map(({ name }) => join(shippedDir, name)));
  const files = FILES.map((kind) => {
    const base = readFileKind(kind, readYamlFile(join(shippedDir, kind.name)));
    const isChanged = dir !== undefined && listing.names.includes(kind.name) && !isSameFolder(dir, shippedDir);
    const own = isChanged ? overlayFile(base, readFileKind(kind, readYamlFile(join(dir, kind.name)))) : base;
    const isTried = universes !== undefined && kind.name === 'universes.yaml';
    return isTried ? overlayFile(own, readFileKind(kind, readYamlFile(universes))) : own;
  });
  return {
    layer: {
      values: files.map(({ values }) => values).reduce(mergeValues, {}),
      originOf: (path) => files.find(({ kind }) => kind.sections.includes(String(path[0])))?.originOf(path) ?? NOWHERE,
    },
    problems: [...listing.problems, ...files.flatMap(({ problems }) => problems)],
    warnings: [
      ...listing.names.flatMap((name) => warnUnknownFile(dir ?? '', name)),
      ...files.flatMap(({ warnings }) => warnings),
    ],
    broken: new Set(files.filter(({ yaml }) => yaml.problems.length > 0).map(({ yaml }) => yaml.file)),
    changed: files.map(({ yaml }) => yaml.file).filter((file) => !shipped.has(file)),
    shipped,
  };
}

const NOWHERE: ConfigOrigin = { kind: 'default' };

/** The `config/` of the package. */
export function packageConfigDir(): string {
  return join(packageDir(), 'config');
}

function listFolder(dir: string | undefined): { names: readonly string[]; problems: readonly ConfigProblem[] } {
  if (dir === undefined) return { names: [], problems: [] };
  try {
    return { names: readdirSync(dir).toSorted(), problems: [] };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const found =
      code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is not a folder' : `cannot be read: ${code}`;
    const message = `${found}; allowed: a folder with any of ${FILES.map(({ name }) => name).join(', ')}`;
    return { names: [], problems: [{ where: dir, path: '', message }] };
  }
}

function warnUnknownFile(dir: string, name: string): string[] {
  const names = FILES.map((kind) => kind.name);
  if (!/^[^.].*\.ya?ml$/i.test(name) || names.includes(name)) return [];
  const nearest = nearestName(name, names);
  return [`${join(dir, name)} is not read${nearest === undefined ? '' : `; did you mean ${nearest}?`}`];
}

interface ConfigFile {
  readonly kind: FileKind;
  readonly yaml: YamlFile;
  /** Sections of the configuration. */
  readonly values: Values;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
  originOf(path: ConfigPath): ConfigOrigin;
}

function readFileKind(kind: FileKind, yaml: YamlFile): ConfigFile {
  const originOf = (path: ConfigPath): ConfigOrigin => {
    return { kind: 'file', file: yaml.file, line: yaml.lineOf(path.slice(kind.root.length)), path };
  };
  // With a broken file the section is left out, not set to empty, so that no problems are reported for its content.
  const [section] = kind.root;
  const { values, problems } =
    section === undefined
      ? checkSections(kind, yaml.values, originOf)
      : { values: yaml.problems.length > 0 ? {} : { [section]: yaml.values }, problems: [] };
  return { kind, yaml, originOf, values, problems: [...yaml.problems, ...problems], warnings: [] };
}

function overlayFile(shipped: ConfigFile, file: ConfigFile): ConfigFile {
  const findings = checkOverlay(shipped.values, file.values).map(({ path, message, severity }) => {
    return { severity, where: formatOrigin(file.originOf(path)), path: formatPath(path), message };
  });
  return {
    ...file,
    values: mergeOverlay(shipped.values, file.values),
    problems: [...file.problems, ...findings.filter(({ severity }) => severity === 'problem')],
    warnings: findings
      .filter(({ severity }) => severity === 'warning')
      .map(({ where, path, message }) => `${where}: ${path} ${message}`),
    originOf: (path) => {
      const traced = traceOverlay(shipped.values, file.values, path);
      return (traced.in === 'shipped' ? shipped : file).originOf(traced.path);
    },
  };
}

function isSameFolder(left: string, right: string): boolean {
  return existsSync(left) && realpathSync(left) === realpathSync(right);
}

/**
 * Refuses what the schema of the whole configuration would accept: a section in the wrong file, and a section that is not a mapping, which
 * a value of a higher layer would hide.
 */
function checkSections(kind: FileKind, values: Values, originOf: (path: ConfigPath) => ConfigOrigin) {
  const problems = Object.entries(values).flatMap(([key, value]): ConfigProblem[] => {
    if (key === 'replace') return [];
    const isKnown = kind.sections.includes(key);
    if (isKnown && (schemaAt([key])?.type !== 'object' || isMapping(value))) return [];
    const where = formatOrigin(originOf([key]));
    return [
      isKnown ? { where, path: key, message: describeMismatch([key], value) } : unknownKey([key], where, kind.sections),
    ];
  });
  const refused = new Set(problems.map(({ path }) => path));
  return { values: Object.fromEntries(Object.entries(values).filter(([key]) => !refused.has(key))), problems };
}
