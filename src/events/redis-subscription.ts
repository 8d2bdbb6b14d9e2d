import type { Redis } from 'ioredis';
import { describeError } from './describe-error.js';
import { ConnectionKeeper, openClient, type RedisOptions } from './redis-client.js';

export interface SubscriptionHandlers {
  readonly onMessage: (text: string) => void;
  /** Redis refuses the subscription: the user may not subscribe, for example. Called again after every reconnect. */
  readonly onRefused: (reason: string) => void;
}

/** Messages of one channel, on a connection of its own: a connection that subscribes can send nothing else. */
export class RedisSubscription {
  readonly #client: Redis;
  readonly #keeper: ConnectionKeeper;

  /** Connects now and after every disconnect. @throws EOD_CONFIG_INVALID when `url` is not an address */
  constructor(url: string, options: RedisOptions, channel: string, { onMessage, onRefused }: SubscriptionHandlers) {
    this.#client = openClient(url, options);
    // The connection is tried again; the connection of the events reports that Redis is down.
    this.#client.on('error', () => undefined);
    this.#client.on('ready', () => {
      this.#client.subscribe(channel).then(
        () => this.#keeper.settle(),
        (error: unknown) => onRefused(describeError(error)),
      );
    });
    this.#client.on('message', (_channel, text) => onMessage(text));
    this.#keeper = new ConnectionKeeper(this.#client);
  }

  async close(): Promise<void> {
    await this.#keeper.close();
  }
}
