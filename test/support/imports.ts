import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** An import or re-export of a source file. Paths are relative to the project, with slashes, as `src/core/errors.ts`. */
export interface Import {
  readonly from: string;
  /** A file of the project, or a package name as written. */
  readonly to: string;
  readonly isPackage: boolean;
  /** Nothing of it is left when the code runs. */
  readonly typeOnly: boolean;
  /** The imported names, as written; empty for side effects and `import()`. */
  readonly names: readonly string[];
}

/** Every TypeScript file below the folders. */
export function listSourceFiles(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name).replaceAll('\\', '/'))
      .toSorted(),
  );
}

/** A file's code without comments. Strings that hold `/*` are not known to this: there are none. */
export function readCode(file: string): string {
  return withoutComments(readFileSync(join(ROOT, file), 'utf8'));
}

export function readImports(file: string): Import[] {
  return parseImports(file, readCode(file));
}

export function parseImports(file: string, code: string): Import[] {
  const statements = /^(import|export)(\s+type)?\s+([^;'"]*?)\s*from\s*'([^']+)'/gm;
  const sideEffects = /^import\s+'([^']+)'/gm;
  const calls = /(\btypeof\s+)?\bimport\(\s*'([^']+)'/g;
  return [
    ...[...code.matchAll(statements)].map(([, , type, clause = '', target = '']) => {
      const names = (/\{([^}]*)\}/.exec(clause)?.[1] ?? clause).split(',').flatMap((name) => name.trim() || []);
      const typeOnly =
        type !== undefined || (clause.startsWith('{') && names.every((name) => name.startsWith('type ')));
      return toImport(file, target, typeOnly, names);
    }),
    ...[...code.matchAll(sideEffects)].map(([, target = '']) => toImport(file, target, false, [])),
    ...[...code.matchAll(calls)].map(([, type, target = '']) => toImport(file, target, type !== undefined, [])),
  ];
}

function toImport(from: string, target: string, typeOnly: boolean, names: readonly string[]): Import {
  const isPackage = !target.startsWith('.');
  const path = join(dirname(from), target).replaceAll('\\', '/').replace(/\.js$/, '.ts');
  return { from, to: isPackage ? target : relative('.', path), isPackage, typeOnly, names };
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}
