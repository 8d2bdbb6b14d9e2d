import { describeError } from './describe-error.js';
import {
  ConnectionKeeper,
  openClient,
  type RedisClient,
  type RedisClientEvent,
  type RedisCommand,
  type RedisOptions,
} from './redis-client.js';

/** `down` also when Redis is there but refuses: out of memory, read-only, not permitted. */
export type RedisState = 'disabled' | 'connecting' | 'up' | 'down';

export interface RedisStatus {
  readonly state: RedisState;
  /** Why it is down, in Redis's or the system's words, never with a password. */
  readonly reason?: string;
}

/** Connects now and whenever the connection is lost. @throws EOD_CONFIG_INVALID when `url` is no address */
export function connectRedis(url: string, options: RedisOptions): RedisLink {
  const client = openClient(url, options);
  const { password } = client.options;
  const link = new RedisLink(client, options.commandTimeoutMs, password ? [password, url] : []);
  return link.keptBy(new ConnectionKeeper(client));
}

/** Uses a host's client as it is: reconnecting stays the host's, and it is never closed here. */
export function adoptRedis(client: RedisClient, options: Pick<RedisOptions, 'commandTimeoutMs'>): RedisLink {
  // A client that connects with its first command would wait for one here, and the commands for it to be connected.
  if (client.status === 'wait') client.connect().catch(() => undefined);
  return new RedisLink(client, options.commandTimeoutMs);
}

/** One client and what is known of its Redis: sends transactions, and says when it is worth trying. */
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

  /** Gives the link a connection of its own to look after. */
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

  /** Calls back when Redis has come or gone; returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Sends commands as one transaction and waits for its answer. Without commands it asks whether Redis answers at all.
   *
   * Edges: an error does not say that nothing was done: without an answer that is unknown. The connection is then ended, so that a late answer
   *        is discarded; on a host's client, which must not be ended, nothing more is sent until the answer is there after all.
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
      // After a failover the address may lead to another server; this connection stays with the one that may not be written to.
      if (reason.startsWith('READONLY')) this.#keeper?.drop(reason);
      throw new Error(this.status.reason ?? reason, { cause: error });
    }
  }

  /** Ends a connection of its own; a host's client is only left. */
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
    // An error between connecting and ready, such as a database number that does not exist, does not stop the client by itself.
    if (this.client.status === 'connect') this.#setUpFailed = true;
    this.#notify();
  }

  #onReady(): void {
    if (this.#setUpFailed) this.#keeper?.drop(this.#reason ?? '');
    else void this.#prove();
  }

  /**
   * Asks for an empty transaction before anything is sent. Redis ends the connection of a client that should have given a password as soon as
   * it sends more than a few words, and the reason with it; this little it answers.
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
    // A refused transaction only says that it was; why is in the errors of its commands.
    const [first = error] =
      (error as { readonly previousErrors?: readonly unknown[] } | undefined)?.previousErrors ?? [];
    return this.secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), describeError(first));
  }
}
