import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** Takes an address as a socket or `--host` has it. Of names only `localhost` counts: what another name resolves to may change. */
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

/** Headers that proxies add. A proxy that adds none cannot be distinguished from a program. */
const OF_PROXIES = ['forwarded', 'via', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'];
/** `Sec-Fetch-Site` of this service's own pages, of an address typed by the user, and of programs, which send none. */
const OWN_SITES: readonly unknown[] = [undefined, 'same-origin', 'none'];

/**
 * Whether a request was sent by a program on this machine, and not by a proxy or a web page.
 *
 * A page in a browser on this machine reaches loopback too. With a host name that resolves to 127.0.0.1, it sends a foreign `Host`; with this
 * address, a foreign `Origin`, or for a plain image `Sec-Fetch-Site: cross-site` (`same-site` for a page of another port).
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
