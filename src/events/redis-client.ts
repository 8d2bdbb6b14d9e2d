import { Redis } from 'ioredis';
import { PipelineError } from '../core/errors.js';

/** The required interface of a Redis client: an ioredis client, of this product's version or of a host's. */
export interface RedisClient {
  readonly status: string;
  connect(): Promise<unknown>;
  multi(commands: RedisCommand[]): { exec(): Promise<[error: Error | null, result: unknown][] | null> };
  on(event: RedisClientEvent, listener: (error?: Error) => void): unknown;
  off(event: RedisClientEvent, listener: (error?: Error) => void): unknown;
}

export type RedisClientEvent = 'ready' | 'error' | 'close' | 'end';
export type RedisCommand = (string | number)[];

export interface RedisOptions {
  /** Maximum time for an answer of Redis. */
  readonly commandTimeoutMs: number;
  /** Options of Node's TLS, for certificates that the machine does not know. `NODE_EXTRA_CA_CERTS` does the same without code. */
  readonly tls?: { readonly ca: string };
}

/**
 * A client that fails fast, so that every command ends in an answer or an error, and nothing accumulates in memory.
 *
 * - `commandTimeout` would reject a command and keep the connection, with its answers still to come; `socketTimeout` ends the connection.
 * - The name is set before the client counts as ready, so a server that accepts connections without answering never becomes ready. An ACL
 *   user needs permission only for MULTI, EXEC, XADD and PUBLISH: that is why there is no ready check (INFO) and no RESP3 (HELLO).
 * @throws EOD_CONFIG_INVALID when the address is invalid; the message does not repeat it, as it may contain a password
 */
export function openClient(url: string, { commandTimeoutMs, tls }: RedisOptions): Redis {
  try {
    return new Redis(url, {
      lazyConnect: true,
      protocol: 2,
      connectionName: 'tickstock-daily',
      disableClientInfo: true,
      enableReadyCheck: false,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      connectTimeout: commandTimeoutMs,
      socketTimeout: commandTimeoutMs,
      ...(tls && { tls }),
    });
  } catch (error) {
    throw new PipelineError('EOD_CONFIG_INVALID', 'redis.url is not an address', {
      hint: 'redis://user:password@host:6379/0, rediss:// for TLS, or the path of a unix socket; percent-encode special characters of the password',
      cause: error,
    });
  }
}

const MIN_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 5000;

/**
 * Keeps a client connected by retrying at growing intervals. The client's own reconnecting, and its socket, would keep an idle process
 * running: here neither does.
 */
export class ConnectionKeeper {
  #delayMs = MIN_RECONNECT_MS;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly client: Redis) {
    client.on('end', () => this.#connectLater());
    this.#connect();
  }

  /** Called when Redis has executed a command. A connection alone is not enough: one that Redis refuses at once would be retried without a pause. */
  settle(): void {
    this.#delayMs = MIN_RECONNECT_MS;
  }

  /** Ends a connection in an unknown state; a new one follows. */
  drop(reason: string): void {
    this.client.stream?.destroy(new Error(reason));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.client.status === 'end') return;
    const ended = new Promise<void>((resolve) => void this.client.once('end', () => resolve()));
    this.client.disconnect();
    this.client.stream?.destroy();
    await ended;
  }

  #connect(): void {
    this.client.connect().catch(() => undefined);
    // The client creates its socket in the next tick.
    setImmediate(() => this.client.stream?.unref());
  }

  #connectLater(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#connect(), this.#delayMs).unref();
    this.#delayMs = Math.min(this.#delayMs * 2, MAX_RECONNECT_MS);
  }
}
