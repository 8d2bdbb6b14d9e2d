import type { ShownParts } from './document.js';
import { MORE } from './shorten.js';

/**
 * Differences between two documents: routes, statuses, channels, and the names and types of every field. Values may differ, and a field
 * that is null in one of them may be of any type in the other.
 */
export function compareParts(committed: ShownParts, captured: ShownParts): string[] {
  const [before, after] = [toShapes(committed), toShapes(captured)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((path) => {
    const [had, has] = [before.get(path), after.get(path)];
    if (had === undefined) return [`${path} is not in the document`];
    if (has === undefined) return [`${path} is in the document, but not in what was captured`];
    const differs = had.size > 0 && has.size > 0 && [...had].sort().join() !== [...has].sort().join();
    return differs ? [`${path} is ${[...had].join(' or ')} in the document, ${[...has].join(' or ')} as captured`] : [];
  });
}

type Shapes = Map<string, Set<string>>;

function toShapes({ exchanges, events, channels }: ShownParts): Shapes {
  const shapes: Shapes = new Map();
  for (const channel of channels) shapes.set(`channel ${channel}`, new Set());
  for (const { name, payload } of events) describe(payload, `event ${name}`, shapes);
  for (const { name, method, path, status, request, answer } of exchanges) {
    const call = `exchange "${name}" (${method} ${path.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, ':id')})`;
    shapes.set(`${call} with status ${status}`, new Set());
    describe(request, `${call} request`, shapes);
    describe(answer, `${call} answer`, shapes);
  }
  return shapes;
}

/** The keys of this field are names of universes, which are values. */
const TABLES = new Set(['by_universe']);

function describe(value: unknown, path: string, shapes: Shapes, key = ''): void {
  const types = shapes.get(path) ?? new Set();
  shapes.set(path, types);
  if (value === null || value === undefined) return;
  if (Array.isArray(value)) {
    types.add('list');
    const entries = value.filter((entry) => !(typeof entry === 'string' && entry.startsWith(MORE)));
    for (const entry of entries) describe(entry, `${path}[]`, shapes);
  } else if (typeof value === 'object') {
    types.add('object');
    for (const [name, entry] of Object.entries(value)) {
      if (!name.startsWith(MORE)) describe(entry, `${path}.${TABLES.has(key) ? '*' : name}`, shapes, name);
    }
  } else {
    types.add(typeof value);
  }
}
