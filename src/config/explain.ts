import type { ConfigLayer, ConfigOrigin } from './layers.js';
import { findOrigin } from './layers.js';
import { maskPassword } from './mask.js';
import { childSchema, type ConfigPath, configTree, formatPath, type SchemaNode } from './schema-tree.js';
import type { Config } from './schema/index.js';

/** A setting in effect and where its value was written. */
export interface ConfigSetting {
  /** `universes.bands[0].minUsd` */
  readonly path: string;
  /** Undefined when not set; passwords are replaced by `***`. */
  readonly value: unknown;
  readonly origin: ConfigOrigin;
  readonly description?: string;
}

/** Every setting in schema order, including those not set; a list of plain values is one setting. */
export function listSettings(config: Config, layers: readonly ConfigLayer[]): ConfigSetting[] {
  return settingsOf(configTree, config, [], layers);
}

/** Addresses are shown without their password, those of the web without their path, which may be a key; keys are not shown at all. */
function hideSecret(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(() => '***');
  if (typeof value !== 'string') return value;
  if (/^https?:/.test(value)) return `${new URL(value).origin}/***`;
  return value.includes('://') || value.startsWith('/') ? maskPassword(value) : '***';
}

function settingsOf(
  node: SchemaNode | undefined,
  value: unknown,
  path: ConfigPath,
  layers: readonly ConfigLayer[],
): ConfigSetting[] {
  if (node?.type === 'object' && value !== undefined) {
    const entries = value as Readonly<Record<string, unknown>>;
    return Object.keys(node.properties ?? {}).flatMap((key) =>
      settingsOf(childSchema(node, key), entries[key], [...path, key], layers),
    );
  }
  if (Array.isArray(value) && childSchema(node, 0)?.type === 'object') {
    return value.flatMap((entry, index) => settingsOf(childSchema(node, index), entry, [...path, index], layers));
  }
  return [
    {
      path: formatPath(path),
      value: node?.secret === true ? hideSecret(value) : value,
      origin: findOrigin(layers, path),
      ...(node?.description === undefined ? {} : { description: node.description }),
    },
  ];
}
