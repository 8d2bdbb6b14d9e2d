import { setTimeout as delay } from 'node:timers/promises';
import type { TestRedis } from '../../test/support/redis.js';
import type { Envelope, Heard } from './recorded.js';

/** A subscriber of every channel of this product, like `redis-cli psubscribe 'tickstock:*'`. */
export class Listener {
  readonly heard: Heard[] = [];

  private constructor(private readonly redis: TestRedis) {}

  static async open(redis: TestRedis): Promise<Listener> {
    const listener = new Listener(redis);
    const client = redis.connect();
    client.on('pmessage', (_, channel: string, text: string) => {
      listener.heard.push({ channel, body: JSON.parse(text) as Envelope });
    });
    await client.psubscribe('tickstock:*');
    return listener;
  }

  /** Waits for the message of the end of a run. */
  async untilEnd(runId: string): Promise<void> {
    for (let attempt = 0; attempt < 400; attempt += 1) {
      if (this.heard.some(({ body }) => isEndOf(body, runId))) return;
      await delay(25);
    }
    throw new Error(`the end of run ${runId} was never heard`);
  }

  /** The fields of the stream's entry for the end of a run. */
  async readStreamEntry(runId: string): Promise<Record<string, string>> {
    const client = this.redis.connect();
    for (const [, fields] of await client.xrange('tickstock:events', '-', '+')) {
      const entry = Object.fromEntries(
        fields.flatMap((field, index) => (index % 2 === 0 ? [[field, fields[index + 1] ?? '']] : [])),
      ) as Record<string, string>;
      if (isEndOf(JSON.parse(entry['body'] ?? '{}') as Envelope, runId)) return entry;
    }
    throw new Error(`the end of run ${runId} is not in the stream`);
  }

  async version(): Promise<string> {
    const found = /redis_version:(\S+)/.exec(await this.redis.connect().info('server'));
    return `Redis ${found?.[1]}`;
  }
}

function isEndOf({ event, payload }: Envelope, runId: string): boolean {
  return event === 'daily_processing_completed' && payload['run_id'] === runId;
}
