import type { DependencyContainer } from 'tsyringe';
import { PipelineError } from './core/errors.js';
import type { Gate } from '../phases/cache-sync/holds/gate.js';
import { GATES } from '../phases/cache-sync/holds/gates/index.js';
import type { CacheLayout } from '../phases/cache-sync/projection/layout.js';
import { LAYOUTS } from '../phases/cache-sync/projection/layouts/index.js';
import type { UniverseRule } from '../phases/cache-sync/universes/rule.js';
import { RULES } from '../phases/cache-sync/universes/rules/index.js';
import { toSyncUnits, SYNC_UNITS } from '../phases/cache-sync/units.js';
import { OTHER_SOURCES } from '../phases/import/select-source.js';
import type { MarketSource, SourceParts } from '../phases/import/source.js';
import { WINDOW_SESSIONS, type Formula } from '../phases/indicators/formula.js';
import { FORMULAS, OTHER_FORMULAS } from '../phases/indicators/formulas/index.js';

/** Units of a host beside the shipped ones: they take part as if they were shipped. */
export interface Extensions {
  /** Selected by `import.source`. */
  readonly sources?: readonly (new (parts: SourceParts) => MarketSource)[] | undefined;
  readonly rules?: readonly UniverseRule[] | undefined;
  readonly gates?: readonly Gate[] | undefined;
  /** Asked after the shipped ones. */
  readonly layouts?: readonly CacheLayout[] | undefined;
  readonly formulas?: readonly Formula[] | undefined;
}

const VERSIONED = {
  id: isName,
  version: (value: unknown) => Number.isInteger(value) && Number(value) > 0,
};

/** Makes the units known to the phases that a container builds. */
export function registerExtensions(
  container: DependencyContainer,
  { sources = [], formulas = [], ...sync }: Extensions,
): void {
  container.registerInstance(OTHER_SOURCES, sources);
  container.registerInstance(SYNC_UNITS, toSyncUnits(sync));
  container.registerInstance(OTHER_FORMULAS, formulas);
}

/** What each unit must have; a class of sources is asked only when it is selected. */
const SHAPES: Readonly<Record<keyof Extensions, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  sources: { prototype: isObject },
  rules: { ...VERSIONED, task: isName, matchesUniverse: isFunction, whenNotSelected: isFunction, select: isFunction },
  gates: { ...VERSIONED, check: isFunction },
  layouts: { id: isName, table: isObject, rows: isFunction, managed: isObject },
  formulas: {
    type: isName,
    minimumBars: (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) <= WINDOW_SESSIONS,
    lookback: (value) => typeof value === 'number' && value > 0,
    compute: isFunction,
  },
};

/**
 * Checks what a host or `--extend` gives before anything is run with it.
 * @throws EOD_CONFIG_INVALID, listing every unit without what its interface needs, and every name that is taken
 */
export function assertExtensions(extensions: Extensions): void {
  const taken: Readonly<Record<string, readonly string[]>> = {
    rules: RULES.map(({ id }) => id),
    gates: GATES.map(({ id }) => id),
    layouts: LAYOUTS.map(({ id }) => id),
    formulas: FORMULAS.map(({ type }) => type),
  };
  const problems = Object.entries(SHAPES).flatMap(([kind, shape]) => {
    const units = extensions[kind as keyof Extensions] ?? [];
    if (!Array.isArray(units)) return [`${kind} is not a list`];
    const names = new Set(taken[kind]);
    return units.flatMap((unit: unknown, index) => {
      const place = `${kind}[${index}]`;
      const fields = (isObject(unit) || isFunction(unit) ? unit : {}) as Readonly<Record<string, unknown>>;
      const wrong = Object.entries(shape).flatMap(([name, isRight]) => (isRight(fields[name]) ? [] : [name]));
      if (wrong.length > 0) return [`${place} has no valid ${wrong.join(', ')}`];
      const name = kind === 'sources' ? undefined : (fields['id'] ?? fields['type']);
      if (typeof name !== 'string') return [];
      if (names.has(name)) return [`${place} is named ${JSON.stringify(name)}, as another one is`];
      names.add(name);
      return [];
    });
  });
  if (problems.length === 0) return;
  throw new PipelineError('EOD_CONFIG_INVALID', `extensions are not valid: ${problems.join('; ')}`, {
    hint: 'correct them: docs/extending.md lists what each kind implements',
    context: { problems },
  });
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z][a-z0-9_-]*$/.test(value);
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
