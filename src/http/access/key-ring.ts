import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { PipelineError, type Config, type Logger } from '../../index.js';

/** The configuration's rule for a key: printable ASCII without spaces. */
const KEY = /^[\x21-\x7e]{1,200}$/;
/** A shorter key can be found by brute force at the rate a service answers. */
const SAFE_LENGTH = 16;
const FINGERPRINT_LENGTH = 8;

/** The accepted API keys, kept as hashes only. */
export class KeyRing {
  private readonly hashes: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.hashes = [...new Set(keys)].map(hash);
  }

  get size(): number {
    return this.hashes.length;
  }

  /**
   * The fingerprint of a known key (the first characters of its hash), which distinguishes keys in the log and the audit; undefined for an
   * unknown key.
   *
   * Edges: compares hashes of equal length in constant time, with every key, so the duration reveals nothing about any key.
   */
  identify(key: string): string | undefined {
    const given = hash(key);
    let isKnown = false;
    for (const known of this.hashes) isKnown = timingSafeEqual(known, given) || isKnown;
    return isKnown ? given.toString('hex').slice(0, FINGERPRINT_LENGTH) : undefined;
  }
}

/**
 * The keys of the configuration and of its key file, which has one key per line; `#` starts a comment.
 * @throws EOD_CONFIG_INVALID when the file cannot be read or has an invalid line; the message never contains a key
 */
export function loadKeys({ apiKeys, apiKeyFile }: Config['http'], logger: Logger): KeyRing {
  const keys = [...apiKeys, ...(apiKeyFile === undefined ? [] : readKeyFile(apiKeyFile, logger))];
  const short = keys.filter((key) => key.length < SAFE_LENGTH).length;
  if (short > 0) {
    const which = keys.length === 1 ? 'the API key has' : `${short} of ${keys.length} API keys have`;
    logger.warn({}, `${which} fewer than ${SAFE_LENGTH} characters; \`openssl rand -hex 24\` generates a safe one`);
  }
  return new KeyRing(keys);
}

function readKeyFile(file: string, logger: Logger): string[] {
  const text = readText(file, logger);
  const lines = text.split(/\r?\n/).map((line) => line.replace(/#.*$/, '').trim());
  const wrong = lines.flatMap((line, index) => (line === '' || KEY.test(line) ? [] : [index + 1]));
  if (wrong.length > 0) {
    throw invalidFile(
      file,
      `line ${wrong.join(', ')} is not a key: 1 to 200 printable ASCII characters without spaces`,
    );
  }
  const keys = lines.filter((line) => line !== '');
  if (keys.length === 0) throw invalidFile(file, 'has no keys');
  return keys;
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
    hint: 'write one key per line; `openssl rand -hex 24` generates one',
  });
}

function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
