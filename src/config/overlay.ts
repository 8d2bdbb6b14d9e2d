import { isMapping } from '../core/is-mapping.js';
import { nearestName } from '../core/nearest.js';
import { mergeMappings, type Values } from './layers.js';
import { childSchema, type ConfigPath, configTree, type SchemaNode } from './schema-tree.js';

/**
 * A file of a folder changes the shipped one: mappings are merged key by key; lists whose entries have a key (a theme, a band, a closed
 * day) entry by entry; other lists are replaced. Three words are instructions and no settings:
 *
 *   replace: true            in a file, a mapping or an entry: nothing of the shipped one stays
 *   remove: true             in an entry: the shipped entry is removed
 *   { add: […], remove: […] } in the place of a list: values are added to the shipped ones, and taken out of them
 */
export function mergeOverlay(shipped: Values, overlay: Values): Values {
  return merge(configTree, shipped, overlay) as Values;
}

/** What is wrong with the instructions of an overlay; `warning` where the shipped file may have changed since it was written. */
export interface OverlayFinding {
  /** In the overlay. */
  readonly path: ConfigPath;
  readonly message: string;
  readonly severity: 'problem' | 'warning';
}

export function checkOverlay(shipped: Values, overlay: Values): OverlayFinding[] {
  return check(configTree, shipped, overlay, []);
}

/** Which of the two a value of the merged configuration was written in, and where there. */
export function traceOverlay(
  shipped: Values,
  overlay: Values,
  path: ConfigPath,
): { readonly in: 'shipped' | 'overlay'; readonly path: ConfigPath } {
  let node: SchemaNode | undefined = configTree;
  let lower: unknown = shipped;
  let higher: unknown = overlay;
  const below: (string | number)[] = [];
  const above: (string | number)[] = [];
  for (const [depth, part] of path.entries()) {
    const place: Place =
      typeof part === 'number'
        ? (pairEntries(node, lower, higher)?.[part] ?? { higher: part })
        : { lower: part, higher: part };
    lower = replaces(higher) ? undefined : childOf(lower, place.lower);
    higher = childOf(higher, place.higher);
    if (higher === undefined && lower !== undefined) {
      return { in: 'shipped', path: [...below, place.lower ?? part, ...path.slice(depth + 1)] };
    }
    if (place.lower !== undefined) below.push(place.lower);
    if (place.higher !== undefined) above.push(place.higher);
    node = childSchema(node, part);
    // The values of an edited list have no place of their own in it.
    if (isEdit(node, higher)) break;
    if (lower === undefined || isReplacedList(node, lower, higher)) {
      return { in: 'overlay', path: [...above, ...path.slice(depth + 1)] };
    }
  }
  return { in: 'overlay', path: above };
}

/** An entry of a merged list: its index in the shipped list and in that of the overlay. */
interface Place {
  readonly lower?: string | number;
  readonly higher?: string | number;
}

/** Undefined where the list of the overlay replaces the shipped one. */
function pairEntries(node: SchemaNode | undefined, lower: unknown, higher: unknown): Place[] | undefined {
  if (node?.['identity'] === undefined || !Array.isArray(lower) || !Array.isArray(higher)) return undefined;
  const known = new Map(lower.map((entry, index) => [identityOf(node, entry), index]));
  const changes = new Map<number, number>();
  const added: Place[] = [];
  higher.forEach((entry: unknown, index) => {
    const shipped = known.get(identityOf(node, entry));
    // A second entry with the same key is added, so that it is refused as a duplicate.
    if (shipped === undefined || changes.has(shipped)) added.push({ higher: index });
    else changes.set(shipped, index);
  });
  const kept = lower.map((_, index): Place => {
    const change = changes.get(index);
    return change === undefined ? { lower: index } : { lower: index, higher: change };
  });
  const isRemoved = ({ higher: index }: Place): boolean => removes(childOf(higher, index));
  return [...kept, ...added].filter((place) => !isRemoved(place));
}

function merge(node: SchemaNode | undefined, lower: unknown, higher: unknown): unknown {
  if (higher === undefined) return lower;
  const places = pairEntries(node, lower, higher);
  if (places) {
    return places.map((place, index) => {
      return merge(
        childSchema(node, index),
        childOf(lower, place.lower),
        withoutInstruction(childOf(higher, place.higher)),
      );
    });
  }
  if (isEdit(node, higher)) {
    const { add = [], remove = [] } = higher;
    const kept = listOf(lower).filter((value) => !remove.includes(value));
    return [...kept, ...add.filter((value) => !kept.includes(value))];
  }
  if (!isMapping(higher)) return higher;
  const { replace: _replace, ...settings } = higher;
  const base = isMapping(lower) && !replaces(higher) ? lower : {};
  return mergeMappings(base, settings, (key, below, value) => merge(childSchema(node, key), below, value));
}

function check(node: SchemaNode | undefined, lower: unknown, higher: unknown, path: ConfigPath): OverlayFinding[] {
  if (pairEntries(node, lower, higher)) {
    const names = listOf(lower).map((entry) => identityOf(node, entry));
    return listOf(higher).flatMap((entry, index) => {
      const name = identityOf(node, entry);
      const shipped = names.indexOf(name);
      const at = [...path, index];
      if (removes(entry) && shipped === -1) return [nothingToRemove(at, name, names)];
      return [
        ...checkInstruction(entry, 'remove', at),
        ...check(childSchema(node, index), childOf(lower, shipped), entry, at),
      ];
    });
  }
  if (isEdit(node, higher)) {
    const shipped = listOf(lower);
    const absent = (higher.remove ?? []).filter((value) => !shipped.includes(value));
    return absent.map((value) => nothingToRemove([...path, 'remove'], String(value), shipped.map(String)));
  }
  if (!isMapping(higher)) return [];
  const base = isMapping(lower) && !replaces(higher) ? lower : {};
  return [
    ...checkInstruction(higher, 'replace', path),
    ...Object.keys(higher).flatMap((key) => check(childSchema(node, key), base[key], higher[key], [...path, key])),
  ];
}

function checkInstruction(value: unknown, word: 'replace' | 'remove', path: ConfigPath): OverlayFinding[] {
  const given = childOf(value, word);
  if (given === undefined || typeof given === 'boolean') return [];
  return [{ path: [...path, word], message: 'is an instruction; allowed: true or false', severity: 'problem' }];
}

function nothingToRemove(path: ConfigPath, name: string, names: readonly string[]): OverlayFinding {
  const nearest = nearestName(name, names);
  const advice = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return { path, message: `removes ${name}, which is not in the shipped file${advice}`, severity: 'warning' };
}

function replaces(value: unknown): boolean {
  return isMapping(value) && value['replace'] === true;
}

function removes(value: unknown): boolean {
  return isMapping(value) && value['remove'] === true;
}

/** A list that the overlay gives whole: its entries have nothing to do with the shipped ones. */
function isReplacedList(node: SchemaNode | undefined, lower: unknown, higher: unknown): boolean {
  return Array.isArray(higher) && pairEntries(node, lower, higher) === undefined;
}

interface ListEdit {
  readonly add?: readonly unknown[];
  readonly remove?: readonly unknown[];
}

/** Whether a list of plain values is edited instead of replaced. */
function isEdit(node: SchemaNode | undefined, higher: unknown): higher is ListEdit {
  if (node?.type !== 'array' || childSchema(node, 0)?.type === 'object' || !isMapping(higher)) return false;
  const keys = Object.keys(higher);
  return keys.length > 0 && keys.every((key) => /^(add|remove)$/.test(key) && Array.isArray(higher[key]));
}

/** An entry without the word that only its list understands. */
function withoutInstruction(entry: unknown): unknown {
  if (!isMapping(entry)) return entry;
  const { remove: _remove, ...rest } = entry;
  return rest;
}

function identityOf(node: SchemaNode | undefined, entry: unknown): string {
  return String(childOf(entry, String(node?.['identity'])));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function childOf(value: unknown, part: string | number | undefined): unknown {
  if (part === undefined) return undefined;
  if (Array.isArray(value)) return (value as readonly unknown[])[Number(part)];
  return isMapping(value) && Object.hasOwn(value, part) ? value[part] : undefined;
}
