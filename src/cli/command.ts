import { hostname, userInfo } from 'node:os';
import type { Command as CommanderCommand } from 'commander';
import {
  createPipeline,
  loadConfig,
  parseSessionDate,
  PipelineError,
  type ConfigSetting,
  type ConfigSources,
  type LoadedConfig,
  type Logger,
  type Pipeline,
  type PipelineOptions,
  type SessionDate,
} from '../index.js';
import { writeLine, type Terminal } from './output.js';

/** One file of `commands/`: adds itself to the program. Its action returns the exit code. */
export interface Command {
  register(program: CommanderCommand, terminal: Terminal, setExitCode: (code: number) => void): void;
}

/** Options of the program itself, before or after the command's name. */
export interface GlobalOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

type Flags = NonNullable<ConfigSources['flags']>;

export function loadCliConfig(
  options: GlobalOptions,
  terminal: Terminal,
  flags: Flags = {},
  universes?: string,
): LoadedConfig {
  const dir = options.config ?? terminal.environment['TICKSTOCK_CONFIG_DIR'];
  const { dataDir } = options;
  const given = loadConfig({
    dir: dir === '' ? undefined : dir,
    universes,
    environment: dataDir === undefined ? terminal.environment : { ...terminal.environment, DATABASE_URL: undefined },
    flags: { ...flags, database: { ...flags.database, dataDir } },
  });
  const loaded = dataDir === undefined ? given : withoutAddress(given);
  for (const warning of loaded.warnings) writeLine(terminal.err, `  ${warning}`);
  return loaded;
}

/** `--data-dir` selects the embedded server. A database address would take precedence, so it is cleared wherever it was set. */
function withoutAddress(loaded: LoadedConfig): LoadedConfig {
  const { url: _, ...database } = loaded.config.database;
  const toUnset = (setting: ConfigSetting): ConfigSetting =>
    setting.path === 'database.url' ? { ...setting, value: undefined, origin: { kind: 'default' } } : setting;
  return { ...loaded, config: { ...loaded.config, database }, explain: () => loaded.explain().map(toUnset) };
}

export function withoutRedis(loaded: LoadedConfig): LoadedConfig {
  const { url: _, ...redis } = loaded.config.redis;
  return { ...loaded, config: { ...loaded.config, redis } };
}

/** Opens a pipeline that only reads, without a Redis connection. */
export async function withReadOnlyPipeline<Result>(
  terminal: Terminal,
  config: LoadedConfig,
  work: (pipeline: Pipeline) => Promise<Result>,
): Promise<Result> {
  return withPipeline(terminal, { config: withoutRedis(config), schema: 'require' }, work);
}

/** Opens a pipeline, passes it to `work` and always closes it. */
export async function withPipeline<Result>(
  terminal: Terminal,
  options: PipelineOptions & { readonly config: LoadedConfig },
  work: (pipeline: Pipeline) => Promise<Result>,
): Promise<Result> {
  const pipeline = await createPipeline({
    logger: toLogger(terminal),
    signal: terminal.signal,
    ...terminal.extensions,
    ...options,
  });
  try {
    return await work(pipeline);
  } finally {
    await pipeline.close();
  }
}

/** Warnings of the pipeline beside the result, such as an unreachable Redis: standard error, one line each. */
function toLogger(terminal: Terminal): Logger {
  const write = (_: unknown, message: string): void => writeLine(terminal.err, `  ${message}`);
  return { info: write, warn: write, error: write };
}

/** The user of the command, for the audit: `user@host`. */
export function describeUser(): string {
  return `${findUserName() ?? `uid ${process.getuid?.() ?? 'unknown'}`}@${hostname()}`;
}

/** Undefined in a container whose user id has no account. */
export function findUserName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** @throws EOD_SESSION_INVALID */
export function parseSessionOption(text: string | undefined): SessionDate | undefined {
  return text === undefined ? undefined : parseSessionDate(text);
}

/** The number by which something is decided. @throws EOD_USAGE */
export function parseNumber(text: string, noun: string, list: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new PipelineError(
    'EOD_USAGE',
    `the number of ${toArticle(noun)} ${noun} is "${text}"; allowed is a whole number from 1`,
    {
      hint: `\`${list}\` lists them`,
    },
  );
}

function toArticle(noun: string): string {
  return /^[aeiou]/.test(noun) ? 'an' : 'a';
}

/** @throws EOD_USAGE */
export function parseCountOption(text: string, option: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count <= 10_000) return count;
  throw new PipelineError('EOD_USAGE', `${option} is "${text}"; allowed is a whole number from 1 to 10000`, {
    hint: `for example ${option} 20`,
  });
}
