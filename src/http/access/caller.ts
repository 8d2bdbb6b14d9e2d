import type { FastifyRequest } from 'fastify';
import { PipelineError, type Right } from '../../index.js';
import type { KeyRing } from './key-ring.js';
import { isLocalProgram } from './loopback.js';

/** The identity of a caller; `name` is written to the audit and the log. */
export interface Caller {
  readonly kind: 'key' | 'loopback' | 'wrong-key' | 'anonymous';
  readonly name: string;
  /** Callers that share one rate limit. */
  readonly bucket: string;
  readonly rights: ReadonlySet<Right>;
}

export interface CallerRules {
  readonly keys: KeyRing;
  readonly trustLoopback: boolean;
  readonly loopbackRights: readonly Right[];
  readonly corsOrigins: readonly string[];
}

const NO_RIGHTS: ReadonlySet<Right> = new Set();

/** A wrong key is refused even from loopback: a caller who sends a key expects it to be checked. */
export function identifyCaller(request: FastifyRequest, rules: CallerRules): Caller {
  const { remoteAddress = 'unknown' } = request.socket;
  const given = readKey(request);
  if (given !== '') {
    const known = rules.keys.identify(given);
    const bucket = known === undefined ? `from ${remoteAddress}` : `key ${known.fingerprint}`;
    if (known === undefined) return { kind: 'wrong-key', name: remoteAddress, bucket, rights: NO_RIGHTS };
    return { kind: 'key', name: `http key ${known.fingerprint}`, bucket, rights: known.rights };
  }
  const isEncrypted = 'encrypted' in request.socket;
  const isTrusted =
    rules.trustLoopback && isLocalProgram({ remoteAddress, headers: request.headers, isEncrypted }, rules.corsOrigins);
  // A bucket apart from that of refused callers: a web page on this machine must not exhaust the limit of its programs.
  if (isTrusted) {
    const rights = new Set(rules.loopbackRights);
    return { kind: 'loopback', name: 'http loopback', bucket: `trusted ${remoteAddress}`, rights };
  }
  return { kind: 'anonymous', name: remoteAddress, bucket: `from ${remoteAddress}`, rights: NO_RIGHTS };
}

/** `X-API-Key`, or a bearer token for programs that can send nothing else, such as Prometheus; the former wins. */
function readKey({ headers }: FastifyRequest): string {
  const key = headers['x-api-key'];
  if (typeof key === 'string' && key !== '') return key;
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** @throws EOD_UNAUTHORIZED unless the caller has a key or is trusted without one */
export function assertAllowed({ kind }: Caller, { keys, trustLoopback }: CallerRules): void {
  if (kind === 'key' || kind === 'loopback') return;
  if (kind === 'wrong-key') {
    throw new PipelineError('EOD_UNAUTHORIZED', 'the API key is unknown', {
      hint: 'send one of the keys in TICKSTOCKPL_API_KEY, or in the file named by http.apiKeyFile, as header X-API-Key',
    });
  }
  if (keys.size === 0) {
    throw new PipelineError('EOD_UNAUTHORIZED', 'this service has no API keys, so every request is refused', {
      hint:
        'set TICKSTOCKPL_API_KEY for the service and send the same key as X-API-Key, or http.trustLoopback ' +
        '(TICKSTOCK_HTTP_TRUST_LOOPBACK=true) for programs on the same machine',
    });
  }
  const orLocal = trustLoopback ? '; only programs on the same machine with a local Host header need none' : '';
  throw new PipelineError('EOD_UNAUTHORIZED', 'the API key is missing', {
    hint: `send it as header X-API-Key, or as Authorization: Bearer KEY${orLocal}`,
  });
}

/** @throws EOD_FORBIDDEN when the caller is known and has not the right that a route asks for */
export function assertRight({ kind, rights }: Caller, right: Right): void {
  if (rights.has(right)) return;
  const has = [...rights].join(', ');
  throw new PipelineError('EOD_FORBIDDEN', `this needs the right ${right}; the caller has ${has}`, {
    hint:
      kind === 'loopback'
        ? 'send a key that has it, or add it to http.loopbackRights'
        : 'use a key that has it, or add it after the key in http.apiKeyFile, or to http.keyRights',
  });
}
