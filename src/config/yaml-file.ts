import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLError,
} from 'yaml';
import type { Values } from './layers.js';
import { PARSED_YAML } from './parsed-yaml.js';
import type { ConfigProblem } from './problems.js';
import type { ConfigPath } from './schema-tree.js';
import { isMapping } from '../core/is-mapping.js';

export interface YamlFile {
  readonly file: string;
  /** Empty when the file could not be used; see `problems`. */
  readonly values: Values;
  readonly problems: readonly ConfigProblem[];
  /** Line of a value, from 1; for a value that is not set, the line of its nearest parent. */
  lineOf(path: ConfigPath): number;
}

/** Reads a file that contains one YAML mapping. Never throws: errors are returned in `problems`. */
export function readYamlFile(file: string): YamlFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return unusable(file, [{ line: 1, message: `cannot be read: ${String((error as NodeJS.ErrnoException).code)}` }]);
  }
  if (text.trim() === '') {
    return unusable(file, [{ line: 1, message: 'is empty; fill it, or delete it to use the shipped one alone' }]);
  }
  const values = PARSED_YAML.get(hashYaml(text));
  if (values === undefined) return parseYaml(file, text);
  let parsed: YamlFile | undefined;
  return { file, values, problems: [], lineOf: (path) => (parsed ??= parseYaml(file, text)).lineOf(path) };
}

/** SHA-256 (hex). */
export function hashYaml(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parseYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  // Pretty errors quote the line with the error, which may contain a password.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    return unusable(
      file,
      faults.map((fault) => ({ line: lineAt(fault.pos[0]), message: describeFault(fault, text) })),
    );
  }
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch {
    return unusable(file, [
      { line: 1, message: 'has an alias (*name) without an anchor (&name), or far too many of them' },
    ]);
  }
  if (content !== null && !isMapping(content)) {
    const found = Array.isArray(content) ? 'a list' : 'a single value';
    return unusable(file, [
      { line: 1, message: `contains ${found}; allowed: a mapping of settings, one "name: value" per line` },
    ]);
  }
  return {
    file,
    values: content === null ? {} : (withoutBlanks(content) as Values),
    problems: [],
    lineOf: (path) => lineAt(offsetOf(document, path)),
  };
}

function unusable(file: string, faults: readonly { line: number; message: string }[]): YamlFile {
  const problems = faults.map(({ line, message }) => ({ where: `${file}:${line}`, path: '', message }));
  return { file, values: {}, problems, lineOf: () => 1 };
}

function describeFault(fault: YAMLError, text: string): string {
  switch (fault.code) {
    case 'DUPLICATE_KEY':
      return `has the key ${/^["'\w-]+/.exec(text.slice(fault.pos[0]))?.[0] ?? ''} twice in one mapping`;
    case 'TAB_AS_INDENT':
      return 'is indented with a tab; YAML allows spaces only';
    case 'MULTIPLE_DOCS':
      return 'contains more than one document; remove the line ---';
    default:
      // Some of these messages end with a quotation from the file, which may contain a password.
      return `is not YAML: ${fault.message.replace(/: ".*$/s, '')}`;
  }
}

/** A key without a value usually has all its entries commented out: it counts as not set. */
function withoutBlanks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBlanks);
  if (!isMapping(value)) return value;
  const filled = Object.entries(value).filter(([, entry]) => entry !== null);
  return Object.fromEntries(filled.map(([key, entry]) => [key, withoutBlanks(entry)]));
}

function offsetOf(document: Document, path: ConfigPath): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (!isScalar(pair?.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else {
      const item = isSeq(node) ? node.items[Number(part)] : undefined;
      if (!isNode(item)) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    }
  }
  return offset;
}
