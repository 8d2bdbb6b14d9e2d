import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { useAgent } from 'request-filtering-agent';

export interface Post {
  readonly url: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether addresses of private networks and of this machine are connected to. */
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

/**
 * Posts JSON. Redirects are not followed: a receiver must not send what it gets elsewhere, such as into the private network.
 * @throws with the reason, unless the answer is 200 to 299; without the path of the address, which may be a secret
 */
export async function postJson({ url, body, headers, allowPrivate, signal }: Post): Promise<void> {
  const status = await new Promise<number>((resolve, reject) => {
    const { hostname, protocol } = new URL(url);
    // Compares the address that is connected to, not only the name: a name may resolve to another one later.
    const agent = useAgent(url, { allowPrivateIPAddress: allowPrivate, allowMetaIPAddress: allowPrivate });
    const send = protocol === 'https:' ? requestHttps : requestHttp;
    const toError = (cause: Error): Error => new Error(describeProblem(cause, hostname, signal), { cause });
    const sending = send(
      url,
      {
        method: 'POST',
        agent,
        signal,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
      },
      (answer) => {
        // The body does not count, however long it is.
        answer.on('error', () => undefined).destroy();
        resolve(answer.statusCode ?? 0);
      },
    );
    sending.on('error', (cause) => reject(toError(cause)));
    sending.end(body);
  });
  if (status >= 200 && status < 300) return;
  throw new Error(`the answer was ${status}${status >= 300 && status < 400 ? '; redirects are not followed' : ''}`);
}

function describeProblem(cause: Error, host: string, signal: AbortSignal): string {
  if (signal.aborted) return `no answer of ${host} in time`;
  if (/private IP|meta IP/.test(cause.message)) {
    return `${host} is an address of a private network or of this machine; notify.allowPrivate allows it`;
  }
  // The error of a host with several addresses has a code only.
  return cause.message || `${(cause as NodeJS.ErrnoException).code ?? 'no connection'} ${host}`;
}
