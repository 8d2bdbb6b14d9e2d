import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { PipelineError, RIGHTS, type Config, type Logger, type Right } from '../../index.js';

/** An accepted key and what its callers may do. */
export interface ApiKey {
  readonly key: string;
  readonly rights: readonly Right[];
  /** Whether the rights are named for this key, and not those of all keys. */
  readonly isNamed?: boolean;
}

/** A caller's key as it is known here. */
export interface KnownKey {
  /** The first characters of the key's hash, which distinguish keys in the log and the audit. */
  readonly fingerprint: string;
  readonly rights: ReadonlySet<Right>;
}

/** The configuration's rule for a key: printable ASCII without spaces. */
const KEY = /^[\x21-\x7e]{1,200}$/;
/** A shorter key can be found by brute force at the rate a service answers. */
const SAFE_LENGTH = 16;
const FINGERPRINT_LENGTH = 8;

/** The accepted API keys, kept as hashes only. */
export class KeyRing {
  private readonly known: readonly { readonly hash: Buffer; readonly rights: ReadonlySet<Right> }[];

  /** Of a key that is given several times, rights that are named for it count alone. */
  constructor(keys: readonly ApiKey[]) {
    const named = new Set(keys.filter(({ isNamed }) => isNamed).map(({ key }) => key));
    const rightsOf = new Map<string, Set<Right>>();
    for (const { key, rights, isNamed = false } of keys) {
      if (named.has(key) && !isNamed) continue;
      rightsOf.set(key, new Set([...(rightsOf.get(key) ?? []), ...rights]));
    }
    this.known = [...rightsOf].map(([key, rights]) => ({ hash: hash(key), rights }));
  }

  get size(): number {
    return this.known.length;
  }

  /**
   * Finds a key; undefined for an unknown one.
   *
   * Edges: compares hashes of equal length in constant time, with every key, so the duration reveals nothing about any key.
   */
  identify(key: string): KnownKey | undefined {
    const given = hash(key);
    let rights: ReadonlySet<Right> | undefined;
    for (const known of this.known) rights = timingSafeEqual(known.hash, given) ? known.rights : rights;
    return rights && { fingerprint: given.toString('hex').slice(0, FINGERPRINT_LENGTH), rights };
  }
}

/**
 * The keys of the configuration and of its key file.
 *
 * Shape: one key per line of the file, then its rights, separated by commas: `3f9c… read,operate`; without them `http.keyRights`. `#` starts
 *        a comment.
 * @throws EOD_CONFIG_INVALID when the file cannot be read or has an invalid line; the message never contains a key
 */
export function loadKeys({ apiKeys, apiKeyFile, keyRights }: Config['http'], logger: Logger): KeyRing {
  const keys = [
    ...apiKeys.map((key): ApiKey => ({ key, rights: keyRights })),
    ...(apiKeyFile === undefined ? [] : readKeyFile(apiKeyFile, keyRights, logger)),
  ];
  const short = keys.filter(({ key }) => key.length < SAFE_LENGTH).length;
  if (short > 0) {
    const which = keys.length === 1 ? 'the API key has' : `${short} of ${keys.length} API keys have`;
    logger.warn({}, `${which} fewer than ${SAFE_LENGTH} characters; \`openssl rand -hex 24\` generates a safe one`);
  }
  return new KeyRing(keys);
}

function readKeyFile(file: string, standard: readonly Right[], logger: Logger): ApiKey[] {
  const text = readText(file, logger);
  const lines = text.split(/\r?\n/).map((line) => line.replace(/#.*$/, '').trim());
  const keys: ApiKey[] = [];
  const problems: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const [key = '', list, ...rest] = line.split(/\s+/);
    const rights = list?.split(',') ?? standard;
    if (!KEY.test(key)) {
      problems.push(`line ${index + 1} is not a key: 1 to 200 printable ASCII characters without spaces`);
    } else if (rest.length > 0 || !rights.every(isRight)) {
      problems.push(
        `line ${index + 1} has no valid rights after its key: ${RIGHTS.join(', ')}, separated by commas only`,
      );
    } else {
      keys.push({ key, rights: rights as readonly Right[], isNamed: list !== undefined });
    }
  }
  if (problems.length > 0) throw invalidFile(file, problems.join('; '));
  if (keys.length === 0) throw invalidFile(file, 'has no keys');
  return keys;
}

function isRight(text: string): boolean {
  return (RIGHTS as readonly string[]).includes(text);
}

function readText(file: string, logger: Logger): string {
  try {
    const isOpen = process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0;
    if (isOpen) {
      logger.warn({ file }, `other users of this machine can read the API keys in ${file}; run: chmod 600 ${file}`);
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw invalidFile(file, `cannot be read: ${(error as Error).message}`);
  }
}

function invalidFile(file: string, what: string): PipelineError {
  return new PipelineError('EOD_CONFIG_INVALID', `http.apiKeyFile: ${file} ${what}`, {
    hint: 'write one key per line, such as `KEY read,operate`; `openssl rand -hex 24` generates one',
  });
}

function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
