import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** An address as a socket or a `--host` names it; `localhost` counts, other names do not: what they resolve to may change. */
export function isLoopback(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^::ffff:(?=\d)/, '');
  if (name === 'localhost' || name === '::1') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}

export interface LoopbackRequest {
  readonly remoteAddress: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly isEncrypted: boolean;
}

/**
 * Whether a program on this machine has sent this, and neither a proxy nor a web page.
 *
 * A page in a browser on this machine reaches loopback too. By a name of its own that resolves to 127.0.0.1 it would come with a foreign
 * `Host`; calling this address directly, with a foreign `Origin`, or for a plain image with `Sec-Fetch-Site: cross-site`.
 */
export function isLocalProgram(
  { remoteAddress, headers, isEncrypted }: LoopbackRequest,
  origins: readonly string[],
): boolean {
  if (remoteAddress === undefined || !isLoopback(remoteAddress)) return false;
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return false;
  const { host, origin } = headers;
  if (host === undefined || !isLoopback(withoutPort(host))) return false;
  const own = `${isEncrypted ? 'https' : 'http'}://${host}`;
  if (origin !== undefined) return [own, ...origins].includes(origin);
  return headers['sec-fetch-site'] !== 'cross-site';
}

/** `localhost:8080` → `localhost`, `[::1]:8080` → `[::1]`. */
function withoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, '');
}
