import { describeError } from './describe-error.js';
import {
  ConnectionKeeper,
  openClient,
  type RedisClient,
  type RedisClientEvent,
  type RedisCommand,
  type RedisOptions,
} from './redis-client.js';

/** `down` also when Redis is reachable but refuses: out of memory, read-only, not permitted. */
export type RedisState = 'disabled' | 'connecting' | 'up' | 'down';

export interface RedisStatus {
  readonly state: RedisState;
  /** The reason, as Redis or the system states it, never with a password. */
  readonly reason?: string;
}

/** Connects now and after every disconnect. @throws EOD_CONFIG_INVALID when `url` is not an address */
export function connectRedis(url: string, options: RedisOptions): RedisLink {
  const client = openClient(url, options);
  const { password } = client.options;
  const link = new RedisLink(client, options.commandTimeoutMs, password ? [password, url] : []);
  return link.keptBy(new ConnectionKeeper(client));
}

/** Uses a host's client: the host reconnects it, and it is never closed here. */
export function adoptRedis(client: RedisClient, options: Pick<RedisOptions, 'commandTimeoutMs'>): RedisLink {
  // A client that connects lazily would wait for a command, while commands here wait until it is connected.
  if (client.status === 'wait') client.connect().catch(() => undefined);
  return new RedisLink(client, options.commandTimeoutMs);
}

/** A client and the known state of its Redis: sends transactions, and knows when sending is worth trying. */
export class RedisLink {
  #reason: string | undefined;
  #refusal: string | undefined;
  #setUpFailed = false;
  #isProven = false;
  #unanswered = 0;
  #keeper: ConnectionKeeper | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #subscriptions: readonly [RedisClientEvent, (error?: Error) => void][];

  constructor(
    private readonly client: RedisClient,
    private readonly timeoutMs: number,
    private readonly secrets: readonly string[] = [],
  ) {
    this.#subscriptions = [
      ['error', (error) => this.#onError(error)],
      ['ready', () => this.#onReady()],
      ['close', () => this.#onClose()],
    ];
    for (const [event, listener] of this.#subscriptions) client.on(event, listener);
    if (client.status === 'ready') this.#onReady();
  }

  /** Gives the link a connection that it manages itself. */
  keptBy(keeper: ConnectionKeeper): this {
    this.#keeper = keeper;
    return this;
  }

  get status(): RedisStatus {
    const reason = this.isConnected ? this.#refusal : this.#reason;
    if (reason !== undefined) return { state: 'down', reason };
    return { state: this.isConnected ? 'up' : 'connecting' };
  }

  /** Whether sending is worth a try. */
  get isConnected(): boolean {
    return this.client.status === 'ready' && this.#isProven;
  }

  /** Subscribes to changes of the status; returns the unsubscribe function. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Sends commands as one transaction and waits for the answer. Without commands it checks whether Redis answers.
   *
   * Edges: an error does not mean that nothing was done: without an answer that is unknown. The connection is then ended, so that a late
   *        answer is discarded; a host's client must not be ended, so nothing more is sent on it until the answer has arrived.
   * @throws Error with the reason, which `status` then has too
   */
  async send(commands: RedisCommand[]): Promise<void> {
    if (!this.isConnected) throw new Error(this.#reason ?? 'not connected');
    if (this.#unanswered > 0) throw new Error((this.#refusal ??= 'no answer to what was sent before'));
    try {
      await this.#within(this.#execute(commands));
      this.#refusal = undefined;
      this.#keeper?.settle();
    } catch (error) {
      const reason = this.#describe(error);
      this.#refusal = reason;
      // After a failover the address may lead to another server, while this connection stays with the read-only one.
      if (reason.startsWith('READONLY')) this.#keeper?.drop(reason);
      throw new Error(this.status.reason ?? reason, { cause: error });
    }
  }

  /** Ends an own connection; a host's client is only detached. */
  async close(): Promise<void> {
    await this.#keeper?.close();
    for (const [event, listener] of this.#subscriptions) this.client.off(event, listener);
    this.#listeners.clear();
    [this.#reason, this.#isProven] = ['closed', false];
  }

  async #execute(commands: RedisCommand[]): Promise<void> {
    this.#unanswered += 1;
    try {
      const results = await this.client.multi(commands).exec();
      const failed = results?.find(([error]) => error !== null)?.[0];
      if (failed) throw failed;
    } finally {
      this.#unanswered -= 1;
    }
  }

  async #within(answer: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const reason = `no answer within ${this.timeoutMs} ms`;
        reject(new Error(reason));
        this.#keeper?.drop(reason);
      }, this.timeoutMs);
    });
    try {
      await Promise.race([answer, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  #onError(error: Error | undefined): void {
    this.#reason = this.#describe(error);
    // An error between connecting and ready, such as an unknown database number, does not stop the client by itself.
    if (this.client.status === 'connect') this.#setUpFailed = true;
    this.#notify();
  }

  #onReady(): void {
    if (this.#setUpFailed) this.#keeper?.drop(this.#reason ?? '');
    else void this.#prove();
  }

  /**
   * Sends an empty transaction first. Redis closes the connection of a client that did not authenticate as soon as it sends more than a few
   * words, and the reason is lost; a request this small is answered.
   */
  async #prove(): Promise<void> {
    try {
      await this.#within(this.#execute([]));
      [this.#reason, this.#refusal] = [undefined, undefined];
    } catch (error) {
      if (this.client.status !== 'ready') return;
      this.#refusal = this.#describe(error);
      if (this.#keeper) {
        this.#keeper.drop(this.#refusal);
        return;
      }
    }
    this.#isProven = true;
    this.#notify();
  }

  #onClose(): void {
    [this.#setUpFailed, this.#isProven] = [false, false];
    this.#reason ??= 'the connection was closed';
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  #describe(error: unknown): string {
    // The error of a refused transaction has no reason; the errors of its commands have it.
    const [first = error] =
      (error as { readonly previousErrors?: readonly unknown[] } | undefined)?.previousErrors ?? [];
    const text = describeError(first);
    const isCluster = /^(MOVED|CROSSSLOT|CLUSTERDOWN)\b/.test(text);
    const shown = isCluster ? `Redis Cluster is not supported, use a Redis without cluster mode: ${text}` : text;
    return this.secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '***'), shown);
  }
}
