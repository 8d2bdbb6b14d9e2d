import type { StatementRunner } from '../core/phase.js';
import type { Database } from '../db/database.js';
import { lockRun, markDelivered, readWaiting, toCommands, type LockedRun, type WaitingEvent } from './backlog.js';
import type { RedisLink } from './redis.js';

/** How much a batch takes: pages of at most so many events and bytes. */
export interface BatchBounds {
  readonly pages: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface SentBatch {
  readonly runId: string | null;
  readonly sent: number;
  /** When the last event sent was written, in milliseconds since the epoch. */
  readonly lastMs: number;
  /** Redis refused or did not answer, before or after some pages. */
  readonly failed: boolean;
}

/**
 * Sends the next events of the run that has waited longest, in order, and marks them. The transaction's lock keeps other relays off the run.
 *
 * Edges: an event is marked only after Redis has answered for its page. What ends in between, here or there, leads to sending it again.
 * @returns null when there is no run, or others are at every one
 */
export async function sendBatch(
  database: Database,
  redis: RedisLink,
  options: { readonly bounds: BatchBounds; readonly streamMaxLength: number; readonly at: Date },
): Promise<SentBatch | null> {
  return database.transaction(async ({ client }) => {
    // A mark that a crash of the database undoes costs a repetition; waiting for the disk would cost every batch some milliseconds.
    await client.query('set local synchronous_commit = off');
    const run = await lockRun(client);
    return run && sendPages(client, redis, run, options);
  });
}

/** While Redis is at a page, the database marks the one before and reads the next: two are in memory at a time. */
async function sendPages(
  client: StatementRunner,
  redis: RedisLink,
  { runId, before }: LockedRun,
  { bounds, streamMaxLength, at }: Parameters<typeof sendBatch>[2],
): Promise<SentBatch> {
  let [sent, lastMs] = [0, 0];
  let unmarked: readonly WaitingEvent[] = [];
  let page = await readWaiting(client, runId, before, bounds);
  for (let pages = 1; ; pages += 1) {
    const last = page.at(-1);
    if (!last) break;
    const sending = trySend(redis, toCommands(page, streamMaxLength));
    await markDelivered(client, unmarked, at);
    unmarked = [];
    const next = pages < bounds.pages ? await readWaiting(client, runId, last.position, bounds) : [];
    if (!(await sending)) return { runId, sent, lastMs, failed: true };
    sent += page.length;
    lastMs = last.createdMs;
    [unmarked, page] = [page, next];
  }
  await markDelivered(client, unmarked, at);
  return { runId, sent, lastMs, failed: false };
}

/** The link keeps the reason. */
export async function trySend(redis: RedisLink, commands: Parameters<RedisLink['send']>[0]): Promise<boolean> {
  return redis.send(commands).then(
    () => true,
    () => false,
  );
}
