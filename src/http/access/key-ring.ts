import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { PipelineError, type Config, type Logger } from '../../index.js';

/** As the configuration asks of a key: printable, no spaces. */
const KEY = /^[\x21-\x7e]{1,200}$/;
/** Shorter ones can be guessed in time, at the rate a service answers. */
const SAFE_LENGTH = 16;
const FINGERPRINT_LENGTH = 8;

/** The keys callers may have. Only their hashes are kept. */
export class KeyRing {
  private readonly hashes: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.hashes = [...new Set(keys)].map(hash);
  }

  get size(): number {
    return this.hashes.length;
  }

  /**
   * Which key that is: the first characters of its hash, to tell keys apart in logs and in the audit; undefined for one that is not known.
   *
   * Edges: compares hashes, which have one length, in constant time and with every key, so that the time it takes says nothing about any.
   */
  identify(key: string): string | undefined {
    const given = hash(key);
    let isKnown = false;
    for (const known of this.hashes) isKnown = timingSafeEqual(known, given) || isKnown;
    return isKnown ? given.toString('hex').slice(0, FINGERPRINT_LENGTH) : undefined;
  }
}

/**
 * The keys of the configuration and of its file, which has one a line; `#` starts a comment.
 * @throws EOD_CONFIG_INVALID when the file cannot be read or holds what is no key; a key is never part of the message
 */
export function loadKeys({ apiKeys, apiKeyFile }: Config['http'], logger: Logger): KeyRing {
  const keys = [...apiKeys, ...(apiKeyFile === undefined ? [] : readKeyFile(apiKeyFile, logger))];
  const short = keys.filter((key) => key.length < SAFE_LENGTH).length;
  if (short > 0) {
    const which = keys.length === 1 ? 'the API key has' : `${short} of ${keys.length} API keys have`;
    logger.warn(
      {},
      `${which} fewer than ${SAFE_LENGTH} characters; \`openssl rand -hex 24\` makes one that nobody guesses`,
    );
  }
  return new KeyRing(keys);
}

function readKeyFile(file: string, logger: Logger): string[] {
  const text = readText(file, logger);
  const lines = text.split(/\r?\n/).map((line) => line.replace(/#.*$/, '').trim());
  const wrong = lines.flatMap((line, index) => (line === '' || KEY.test(line) ? [] : [index + 1]));
  if (wrong.length > 0) {
    throw invalidFile(file, `line ${wrong.join(', ')} is no key: 1 to 200 printable ASCII characters, no spaces`);
  }
  const keys = lines.filter((line) => line !== '');
  if (keys.length === 0) throw invalidFile(file, 'holds no key');
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
    hint: 'write one key a line; `openssl rand -hex 24` makes one',
  });
}

function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
