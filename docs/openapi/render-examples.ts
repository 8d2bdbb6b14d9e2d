import type { Normaliser } from '../callback/normalise.js';
import type { OperationExample } from '../../src/http/openapi/operation-example.js';

/** Examples by operation, in the order of the calls. */
export interface CapturedExamples {
  readonly examples: ReadonlyMap<string, OperationExample>;
  /** The answer of every operation to an unknown parameter. */
  readonly refusal: unknown;
}

const SHOWN_OBJECTS = 2;
const SHOWN_TEXTS = 4;
/** Some list hundreds of symbols. */
const SHOWN_WARNINGS = 1;

/** TypeScript source of the examples. */
export function renderExamples({ examples, refusal }: CapturedExamples): string {
  return [
    '// Generated from recorded requests by `npm run docs:openapi -- --examples`.',
    `import type { OperationExample } from './operation-example.js';`,
    '',
    '/** The answer of every operation to an unknown parameter. */',
    `export const REFUSAL: unknown = ${JSON.stringify(refusal)};`,
    '',
    '/** Requests and answers by operation; long lists are cut. */',
    `export const EXAMPLES: Readonly<Record<string, OperationExample>> = ${JSON.stringify(Object.fromEntries(examples))};`,
    '',
  ].join('\n');
}

/** An answer with the same ids, times and durations whenever it is recorded, and the first entries of long lists. */
export function tidy(value: unknown, normaliser: Normaliser): unknown {
  return cut(normaliser.value(value));
}

function cut(value: unknown, key = ''): unknown {
  if (key === 'owner') return 'host:4711';
  if (Array.isArray(value)) {
    const isObjects = value.some((entry) => typeof entry === 'object' && entry !== null);
    const shown = isObjects ? SHOWN_OBJECTS : key === 'warnings' ? SHOWN_WARNINGS : SHOWN_TEXTS;
    return value.slice(0, shown).map((entry: unknown) => cut(entry));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, cut(entry, name)]));
}
