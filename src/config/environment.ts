import { type ConfigLayer, type ConfigOrigin, mergeValues, type Values } from './layers.js';
import { nearestName } from '../core/nearest.js';
import { childSchema, configTree, type ConfigPath, schemaAt, type SchemaNode } from './schema-tree.js';
import { tickstockFileSchema } from './schema/index.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** An environment variable and the setting it overrides. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly path: ConfigPath;
}

const PREFIX = 'TICKSTOCK_';

/** Names that database hosting platforms, vendors of data or existing callers of the service use by convention. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'database.url': 'DATABASE_URL',
  'redis.url': 'REDIS_URL',
  'http.apiKeys': 'TICKSTOCKPL_API_KEY',
  'import.massive.apiKey': 'MASSIVE_API_KEY',
};

/** Read by the command line before the configuration is loaded. */
const NOT_SETTINGS: readonly string[] = ['TICKSTOCK_CONFIG_DIR', 'TICKSTOCK_EXTEND'];

/** All variables that are read: one per setting of tickstock.yaml, such as TICKSTOCK_IMPORT_MAX_PRICE_USD for `import.maxPriceUsd`. */
export const environmentVariables: readonly EnvironmentVariable[] = Object.keys(tickstockFileSchema.shape).flatMap(
  (section) => leavesOf(childSchema(configTree, section), [section]).map((path) => ({ name: nameOf(path), path })),
);

function leavesOf(node: SchemaNode | undefined, path: ConfigPath): ConfigPath[] {
  if (node?.type !== 'object') return [path];
  return Object.keys(node.properties ?? {}).flatMap((key) => leavesOf(childSchema(node, key), [...path, key]));
}

function nameOf(path: ConfigPath): string {
  const words = path.join('_').replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2');
  return OTHER_NAMES[path.join('.')] ?? PREFIX + words.toUpperCase();
}

/** The settings of an environment. An empty variable counts as not set: some shells and containers cannot unset one. */
export function readEnvironment(environment: Environment): ConfigLayer {
  const set = environmentVariables.filter(({ name }) => textOf(environment, name) !== '');
  const values = set
    .map(({ name, path }) => nest(path, toValue(textOf(environment, name), schemaAt(path))))
    .reduce(mergeValues, {});
  return { values, originOf: (path) => originIn(set, path) };
}

function nest(path: ConfigPath, value: unknown): Values {
  return path.reduceRight((inner, part) => ({ [part]: inner }), value) as Values;
}

function originIn(set: readonly EnvironmentVariable[], path: ConfigPath): ConfigOrigin {
  const text = path.join('.');
  const variable = set.find((entry) => `${text}.`.startsWith(`${entry.path.join('.')}.`));
  return variable === undefined ? { kind: 'default' } : { kind: 'environment', name: variable.name };
}

function textOf(environment: Environment, name: string): string {
  return environment[name]?.trim() ?? '';
}

/** Text converted to the type of its setting. Text that cannot be converted stays text, so that the schema reports it with all other problems. */
function toValue(text: string, node: SchemaNode | undefined): unknown {
  switch (node?.type) {
    case 'integer':
    case 'number':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
    case 'boolean':
      return /^(true|1)$/i.test(text) ? true : /^(false|0)$/i.test(text) ? false : text;
    case 'array':
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
        .map((item) => toValue(item, childSchema(node, 0)));
    default:
      return text;
  }
}

/** One warning per variable that has our prefix but sets nothing. Not an error: a host may use the prefix itself. */
export function warnUnknownVariables(environment: Environment): string[] {
  const names = environmentVariables.map(({ name }) => name);
  const unknown = Object.keys(environment).filter(
    (name) =>
      name.startsWith(PREFIX) &&
      textOf(environment, name) !== '' &&
      !names.includes(name) &&
      !NOT_SETTINGS.includes(name),
  );
  return unknown.toSorted().map((name) => {
    const bare = name.slice(PREFIX.length);
    const nearest = names.includes(bare) ? bare : nearestName(name, [...names, ...NOT_SETTINGS]);
    return `environment variable ${name} sets nothing${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
  });
}
