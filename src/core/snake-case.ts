/**
 * Fields whose value is a dictionary: its keys are data (symbols, counter names, settings) and stay as they are at every depth. A field
 * typed `Record<string, …>` that is missing here becomes `never` in `SnakeCased`, so its use does not compile.
 */
const DICTIONARY_FIELDS = [
  'context',
  'counters',
  'detail',
  'details',
  'hashes',
  'metadata',
  'payload',
  'phaseSeconds',
  'policy',
  'runsByStatus',
  'value',
] as const;
type DictionaryField = (typeof DICTIONARY_FIELDS)[number];

type SnakeKey<Key extends string> = Key extends `${infer First}${infer Rest}`
  ? First extends Uppercase<First>
    ? First extends Lowercase<First>
      ? `${First}${SnakeKey<Rest>}`
      : `_${Lowercase<First>}${SnakeKey<Rest>}`
    : `${First}${SnakeKey<Rest>}`
  : Key;

/** Values that JSON serialises itself and that have no fields to rename. */
type Atom = Date | ((...args: never[]) => unknown);

/** `T` with the keys of its objects in snake case, at every depth; writable, because it is a copy. */
export type SnakeCased<T> = T extends string | number | boolean | bigint | null | undefined | Atom
  ? T
  : T extends readonly unknown[]
    ? { -readonly [Index in keyof T]: SnakeCased<T[Index]> }
    : T extends object
      ? string extends keyof T
        ? never
        : {
            -readonly [Key in keyof T as Key extends string ? SnakeKey<Key> : Key]: Key extends DictionaryField
              ? T[Key]
              : SnakeCased<T[Key]>;
          }
      : T;

const dictionaries: ReadonlySet<string> = new Set(DICTIONARY_FIELDS);
const CAMEL_CASE = /^[a-z][a-zA-Z0-9]*$/;
/** Field names come from types, so there are few of them; a list of 143,000 members has the same ones each time. */
const renamed = new Map<string, string>();

/**
 * The one mapping from TypeScript names to those of `--json` and the HTTP API.
 *
 * Shape: plain objects and arrays are copied; a key that is not camel case, such as `A.B` or `start_time`, stays as it is.
 * Edges: dates, class instances and the content of dictionary fields are passed through.
 */
export function toSnakeCase<T>(value: T): SnakeCased<T> {
  return convert(value, toSnakeKey) as SnakeCased<T>;
}

/** The reverse mapping, for JSON that the database builds from columns. The content of dictionary fields is passed through. */
export function toCamelCase<T>(value: SnakeCased<T>): T {
  return convert(value, toCamelKey) as T;
}

function convert(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => convert(each, rename));
  if (!isPlainObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    result[rename(key)] = dictionaries.has(key) ? value[key] : convert(value[key], rename);
  }
  return result;
}

function toCamelKey(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function toSnakeKey(key: string): string {
  const known = renamed.get(key);
  if (known !== undefined) return known;
  if (!CAMEL_CASE.test(key)) return key;
  const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  renamed.set(key, name);
  return name;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
