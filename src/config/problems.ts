import type { z } from 'zod';
import { PipelineError } from '../core/errors.js';
import { type ConfigOrigin, type Values, valueAt } from './layers.js';
import { maskPassword } from './mask.js';
import { nearestName } from '../core/nearest.js';
import { type ConfigPath, describeAllowed, formatPath, holdsSecret, schemaAt } from './schema-tree.js';
import { isMapping } from '../core/is-mapping.js';

/** A problem of the configuration. Its text never contains a password. */
export interface ConfigProblem {
  /** `config/tickstock.yaml:7`, `environment variable DATABASE_URL`, … */
  readonly where: string;
  /** Empty when the problem is about a whole file or folder. */
  readonly path: string;
  /** The value found and what is allowed. */
  readonly message: string;
}

/** What is known of the files beside their values. */
interface KnownFiles {
  /** Their problems are known, and their values are not. */
  readonly broken: ReadonlySet<string>;
  /** Correct in themselves. */
  readonly shipped: ReadonlySet<string>;
}

/** The problems that zod found, each with the place where the value was written; problems of broken files are left out. */
export function toProblems(
  error: z.ZodError,
  merged: Values,
  locate: (path: ConfigPath) => ConfigOrigin,
  { broken, shipped }: KnownFiles = { broken: new Set(), shipped: new Set() },
): ConfigProblem[] {
  const isShipped = (path: ConfigPath): boolean => {
    const origin = locate(path);
    return origin.kind === 'file' && shipped.has(origin.file);
  };
  return error.issues.flatMap((issue) => {
    const found = toPath(issue.path);
    const other = otherPath(issue);
    // Of two values that cannot both be, the one that was changed.
    const path = other !== undefined && isShipped(found) ? other : found;
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const origin = locate([...path, key]);
        return unknownKey(
          pathIn(origin, [...path, key]),
          formatOrigin(origin),
          Object.keys(schemaAt(path)?.properties ?? {}),
        );
      });
    }
    const origin = locate(path);
    if (origin.kind === 'file' && broken.has(origin.file)) return [];
    const message = describeIssue(issue, path, merged);
    return [{ where: formatOrigin(origin), path: formatPath(pathIn(origin, path)), message }];
  });
}

function toPath(path: readonly PropertyKey[]): ConfigPath {
  return path.map((part) => (typeof part === 'symbol' ? String(part) : part));
}

/** The first of two equal values (`unique`). */
function otherPath(issue: z.core.$ZodIssue): ConfigPath | undefined {
  const relative: unknown = issue.code === 'custom' ? issue.params?.['other'] : undefined;
  if (!Array.isArray(relative)) return undefined;
  return [...toPath(issue.path.slice(0, -relative.length)), ...(relative as ConfigPath)];
}

/** As the reader of the file counts: a list there may be shorter than in the configuration. */
function pathIn(origin: ConfigOrigin, path: ConfigPath): ConfigPath {
  return origin.kind === 'file' ? origin.path : path;
}

/** An unknown key, with the most similar setting. */
export function unknownKey(path: ConfigPath, where: string, allowed: readonly string[]): ConfigProblem {
  const nearest = nearestName(String(path.at(-1)), allowed);
  const advice = nearest === undefined ? `allowed: ${allowed.join(', ')}` : `did you mean ${nearest}?`;
  return { where, path: formatPath(path), message: `is not a setting; ${advice}` };
}

function describeIssue(issue: z.core.$ZodIssue, path: ConfigPath, merged: Values): string {
  if (issue.code === 'custom') return issue.message;
  // JSON Schema has only the pattern itself, which is hard to read; the schema adds a sentence. Dates have none.
  const isPattern = issue.code === 'invalid_format' && schemaAt(path)?.format === undefined;
  return describeMismatch(path, valueAt(merged, path), isPattern ? issue.message : undefined);
}

/** `is the text "abc"; allowed: a whole number from 3 to 100` */
export function describeMismatch(path: ConfigPath, value: unknown, allowed = describeAllowed(schemaAt(path))): string {
  return `${describeFound(value, path)}; allowed: ${allowed}`;
}

const LONGEST_FOUND = 80;

function describeFound(value: unknown, path: ConfigPath): string {
  if (value === undefined) return 'is missing';
  if (value === null) return 'is empty';
  if (Array.isArray(value)) return value.length === 0 ? 'is an empty list' : 'is a list';
  if (isMapping(value)) return 'is a mapping';
  if (holdsSecret(schemaAt(path))) return 'is a value not shown here, as it may hold a password';
  if (typeof value === 'number' || typeof value === 'boolean') {
    return `is ${value}${schemaAt(path)?.type === 'string' ? ' without quotes' : ''}`;
  }
  if (typeof value !== 'string') return `is a ${typeof value}`;
  const text = maskPassword(value);
  const shown = text.length > LONGEST_FOUND ? `${text.slice(0, LONGEST_FOUND)}…` : text;
  return `is the text ${JSON.stringify(shown)}`;
}

export function formatOrigin(origin: ConfigOrigin): string {
  switch (origin.kind) {
    case 'file':
      return `${origin.file}:${origin.line}`;
    case 'environment':
      return `environment variable ${origin.name}`;
    case 'flag':
      return 'command-line flag';
    case 'option':
      return 'option of the embedding program';
    case 'default':
      return 'default';
  }
}

/** One EOD_CONFIG_INVALID that lists every problem. */
export function configError(problems: readonly ConfigProblem[]): PipelineError {
  const lines = problems.map(({ where, path, message }) => `  ${where}: ${path === '' ? '' : `${path} `}${message}`);
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new PipelineError('EOD_CONFIG_INVALID', [`The configuration has ${count}:`, ...lines].join('\n'), {
    hint: 'correct the settings listed above, then run the same command again',
    context: { problems },
  });
}
