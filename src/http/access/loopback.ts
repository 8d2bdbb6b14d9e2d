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

/** What proxies add; one that adds nothing cannot be told from a program. */
const OF_PROXIES = ['forwarded', 'via', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'];
/** Said by browsers: the page is this service's own, or there is none because somebody typed the address. */
const OWN_SITES: readonly unknown[] = [undefined, 'same-origin', 'none'];

/**
 * Whether a program on this machine has sent this, and neither a proxy nor a web page.
 *
 * A page in a browser on this machine reaches loopback too. By a name of its own that resolves to 127.0.0.1 it would come with a foreign
 * `Host`; calling this address directly, with a foreign `Origin`, or for a plain image with `Sec-Fetch-Site: cross-site`, and `same-site` when it
 * is a page of another port.
 */
export function isLocalProgram(
  { remoteAddress, headers, isEncrypted }: LoopbackRequest,
  origins: readonly string[],
): boolean {
  if (remoteAddress === undefined || !isLoopback(remoteAddress)) return false;
  if (OF_PROXIES.some((name) => headers[name] !== undefined)) return false;
  const { host, origin } = headers;
  if (host === undefined || !isLoopback(withoutPort(host))) return false;
  const own = `${isEncrypted ? 'https' : 'http'}://${host}`;
  if (origin !== undefined) return [own, ...origins].includes(origin);
  return OWN_SITES.includes(headers['sec-fetch-site']);
}

/** `localhost:8080` → `localhost`, `[::1]:8080` → `[::1]`. */
function withoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, '');
}
