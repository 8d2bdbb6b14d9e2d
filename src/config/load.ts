import { type Environment, readEnvironment, warnUnknownVariables } from './environment.js';
import { type ConfigSetting, listSettings } from './explain.js';
import { readConfigFiles } from './files.js';
import { hashConfig } from './hash.js';
import { type ConfigLayer, type ConfigOrigin, findOwner, mergeLayers } from './layers.js';
import { configError, toProblems } from './problems.js';
import { type Config, configSchema, type ConfigInput } from './schema/index.js';

export type { ConfigOrigin } from './layers.js';
export type { ConfigSetting } from './explain.js';

/** Any part of a value; a list is given as a whole. */
export type DeepPartial<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]?: DeepPartial<Value[Key]> | undefined }
    : Value;

export interface ConfigSources {
  /** Folder with files that change those of the package: any of tickstock.yaml, universes.yaml, themes.yaml, sectors.yaml, sic.yaml, gates.yaml, calendar.yaml. */
  readonly dir?: string | undefined;
  /** A file in the form of `universes.yaml` that changes the one of the folder, to try it. */
  readonly universes?: string | undefined;
  /** Usually `process.env`; no variables are read when left out. */
  readonly environment?: Environment | undefined;
  /** From the command line. */
  readonly flags?: DeepPartial<ConfigInput> | undefined;
  /** From an embedding host. */
  readonly options?: DeepPartial<ConfigInput> | undefined;
}

export interface LoadedConfig {
  /** Deeply frozen. */
  readonly config: Config;
  /** SHA-256 (hex) of the settings that decide what is published; independent of the layer they were written in. */
  readonly hash: string;
  /** Files of the folder, which change the shipped ones; empty without any. */
  readonly files: readonly string[];
  /** Every setting with its value and where it was written. */
  explain(): ConfigSetting[];
  /** Warnings for people. */
  readonly warnings: readonly string[];
}

/**
 * Loads the configuration: defaults < shipped files < files of the folder < environment < flags < options.
 *
 * Edges: mappings are merged key by key, lists are replaced as a whole, except by a file of the folder (`overlay.ts`); `undefined`, an empty variable and a key without a value count as
 *        not set.
 * @throws EOD_CONFIG_INVALID once, listing every problem of every source with its place, the value found and what is allowed
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const files = readConfigFiles(sources.dir, sources.universes);
  const environment = sources.environment ?? {};
  const layers = [
    files.layer,
    readEnvironment(environment),
    givenLayer(sources.flags, { kind: 'flag' }),
    givenLayer(sources.options, { kind: 'option' }),
  ];
  const merged = mergeLayers(layers);
  const parsed = configSchema.safeParse(merged);
  const found = parsed.success
    ? []
    : toProblems(parsed.error, merged, (path) => (findOwner(layers, path) ?? files.layer).originOf(path), files);
  const problems = [...files.problems, ...found];
  if (!parsed.success || problems.length > 0) throw configError(problems);
  const config = deepFreeze(parsed.data);
  return {
    config,
    hash: hashConfig(config),
    files: files.changed,
    explain: () => listSettings(config, layers),
    warnings: [...files.warnings, ...warnUnknownVariables(environment)],
  };
}

function givenLayer(values: DeepPartial<ConfigInput> | undefined, origin: ConfigOrigin): ConfigLayer {
  return { values: values ?? {}, originOf: () => origin };
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
