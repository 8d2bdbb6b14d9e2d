import type { Redis } from 'ioredis';
import { systemClock } from '../../src/core/clock.js';
import type { Database } from '../../src/db/database.js';
import { connectRedis, type RedisLink } from '../../src/events/redis.js';
import { EventRelay } from '../../src/events/relay.js';

/** A relay at work and what it says. */
export interface Relaying {
  readonly relay: EventRelay;
  readonly link: RedisLink;
  readonly warnings: string[];
  readonly infos: string[];
  stop(): Promise<void>;
}

export const COMMAND_TIMEOUT_MS = 300;

/** Starts a relay to the address, or over the link. */
export function startRelay(database: Database, redis: string | RedisLink, streamMaxLength = 100_000): Relaying {
  const link = typeof redis === 'string' ? connectRedis(redis, { commandTimeoutMs: COMMAND_TIMEOUT_MS }) : redis;
  const [warnings, infos]: [string[], string[]] = [[], []];
  const logger = {
    info: (_: object, message: string) => void infos.push(message),
    warn: (_: object, message: string) => void warnings.push(message),
    error: (_: object, message: string) => void warnings.push(message),
  };
  const relay = new EventRelay({ database, redis: link, clock: systemClock, logger, streamMaxLength });
  relay.start();
  return {
    relay,
    link,
    warnings,
    infos,
    stop: async () => {
      await relay.stop();
      await link.close();
    },
  };
}

/** Waits for something that is sure to come; the test's own time limit is the only one. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

export type StreamEntry = Readonly<Record<string, string>>;

/** The stream's entries from the oldest on. */
export async function readStream(client: Redis): Promise<StreamEntry[]> {
  const entries = await client.xrange('tickstock:events', '-', '+');
  return entries.map(([, fields]) =>
    Object.fromEntries(fields.flatMap((field, index) => (index % 2 ? [] : [[field, fields[index + 1] ?? '']]))),
  );
}

/** The entries without repetitions, as a consumer that knows event ids sees them. */
export function withoutRepetitions(entries: readonly StreamEntry[]): StreamEntry[] {
  const seen = new Set<string | undefined>();
  return entries.filter((entry) => !seen.has(entry['event_id']) && seen.add(entry['event_id']));
}

export function bodiesOf(entries: readonly StreamEntry[]): string[] {
  return entries.map((entry) => entry['body'] ?? '');
}

/** Hears every channel that begins with `tickstock:`; what it heard so far is in `messages`, bodies with their channels in `channels`. */
export async function listen(client: Redis): Promise<{ readonly messages: string[]; readonly channels: string[] }> {
  const heard = { messages: [] as string[], channels: [] as string[] };
  client.on('pmessage', (_pattern: string, channel: string, message: string) => {
    heard.messages.push(message);
    heard.channels.push(channel);
  });
  await client.psubscribe('tickstock:*');
  return heard;
}
