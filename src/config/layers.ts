import type { ConfigPath } from './schema-tree.js';
import { isMapping } from '../core/is-mapping.js';

export type ConfigOrigin =
  | { readonly kind: 'default' }
  /** `path`: that of the value within the file, where a list may be shorter than in the configuration. */
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly path: ConfigPath }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'flag' }
  | { readonly kind: 'option' };

export type Values = Readonly<Record<string, unknown>>;

/** One source of settings. */
export interface ConfigLayer {
  readonly values: Values;
  /** Where a value of this layer was written; for a value that is not set, where its parent was written. */
  originOf(path: ConfigPath): ConfigOrigin;
}

/** All layers merged, lowest first: mappings are merged, and lists and plain values are replaced by the higher layer. */
export function mergeLayers(layers: readonly ConfigLayer[]): Values {
  return layers.reduce<Values>((lower, layer) => mergeValues(lower, layer.values), {});
}

export function mergeValues(lower: Values, higher: Values): Values {
  return mergeMappings(lower, higher, (_, below, value) => {
    return isMapping(value) ? mergeValues(isMapping(below) ? below : {}, value) : value;
  });
}

/** The keys of both; `mergeChild` decides what becomes of a value that the higher one sets. */
export function mergeMappings(
  lower: Values,
  higher: Values,
  mergeChild: (key: string, below: unknown, value: unknown) => unknown,
): Values {
  const set = Object.entries(higher).filter(([, value]) => value !== undefined);
  const merged = set.map(([key, value]) => [key, mergeChild(key, lower[key], value)]);
  // Object.fromEntries and spread define own keys, so a key `__proto__` in a file stays data.
  return { ...lower, ...(Object.fromEntries(merged) as Values) };
}

/** The value at a path, or undefined. */
export function valueAt(values: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((node, part) => {
    if (Array.isArray(node)) return (node as readonly unknown[])[Number(part)];
    return isMapping(node) && Object.hasOwn(node, part) ? node[part] : undefined;
  }, values);
}

/** Where the value at a path was set; `default` where no layer sets it. */
export function findOrigin(layers: readonly ConfigLayer[], path: ConfigPath): ConfigOrigin {
  const owner = findOwner(layers, path);
  return owner === undefined || valueAt(owner.values, path) === undefined ? { kind: 'default' } : owner.originOf(path);
}

/** The highest layer that sets a path or the list that contains it: a list belongs to one layer as a whole, including what it omits. */
export function findOwner(layers: readonly ConfigLayer[], path: ConfigPath): ConfigLayer | undefined {
  return layers.findLast(({ values }) => valueAt(values, path) !== undefined || isInList(values, path));
}

function isInList(values: Values, path: ConfigPath): boolean {
  return path.some((_, length) => Array.isArray(valueAt(values, path.slice(0, length))));
}
