import type { StatementRunner } from '../core/phase.js';
import type { Database } from '../db/database.js';
import { lockRun, markDelivered, readWaiting, toCommands, type LockedRun, type WaitingEvent } from './backlog.js';
import type { RedisLink } from './redis.js';

/** Bounds of a batch: number of pages, events and bytes per page. */
export interface BatchBounds {
  readonly pages: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface SentBatch {
  readonly sent: number;
  /** Run → time of its last event sent, in milliseconds since the epoch; null for events outside of runs. */
  readonly lastMs: ReadonlyMap<string | null, number>;
  /** Redis refused or did not answer, before or after some pages. */
  readonly failed: boolean;
}

interface BatchOptions {
  readonly bounds: BatchBounds;
  readonly streamMaxLength: number;
  readonly at: Date;
}

/**
 * Sends and marks the next events of the run that has waited longest, in order; then those of the next run, within the bounds. The locks of
 * the transaction keep other relays off these runs.
 *
 * Edges: an event is marked only after Redis has answered for its page. A failure in between, of Redis or of the database, leads to sending
 *        it again.
 * @returns nothing sent and nothing failed when no run has events, or all of them are locked
 */
export async function sendBatch(database: Database, redis: RedisLink, options: BatchOptions): Promise<SentBatch> {
  return database.transaction(async ({ client }) => {
    // A mark lost in a crash of the database costs a repetition; waiting for the disk would cost every batch some milliseconds.
    await client.query('set local synchronous_commit = off');
    const lastMs = new Map<string | null, number>();
    let [sent, pages, failed] = [0, 0, false];
    while (pages < options.bounds.pages && !failed) {
      const run = await lockRun(client);
      if (!run) break;
      const part = await sendPages(client, redis, run, options, options.bounds.pages - pages);
      sent += part.sent;
      pages += part.pages;
      failed = part.failed;
      if (part.sent > 0) lastMs.set(run.runId, part.lastMs);
    }
    return { sent, lastMs, failed };
  });
}

/** While Redis processes a page, the database marks the previous one and reads the next: two are in memory at a time. */
async function sendPages(
  client: StatementRunner,
  redis: RedisLink,
  { runId, before }: LockedRun,
  { bounds, streamMaxLength, at }: BatchOptions,
  maxPages: number,
): Promise<{ sent: number; pages: number; lastMs: number; failed: boolean }> {
  let [sent, pages, lastMs] = [0, 0, 0];
  let unmarked: readonly WaitingEvent[] = [];
  let page = await readWaiting(client, runId, before, bounds);
  for (;;) {
    const last = page.at(-1);
    if (!last) break;
    pages += 1;
    const sending = trySend(redis, toCommands(page, streamMaxLength));
    await markDelivered(client, unmarked, at);
    unmarked = [];
    const next = pages < maxPages ? await readWaiting(client, runId, last.commitSeq, bounds) : [];
    if (!(await sending)) return { sent, pages, lastMs, failed: true };
    sent += page.length;
    lastMs = last.createdMs;
    [unmarked, page] = [page, next];
  }
  await markDelivered(client, unmarked, at);
  return { sent, pages, lastMs, failed: false };
}

/** The link keeps the reason. */
export async function trySend(redis: RedisLink, commands: Parameters<RedisLink['send']>[0]): Promise<boolean> {
  return redis.send(commands).then(
    () => true,
    () => false,
  );
}
