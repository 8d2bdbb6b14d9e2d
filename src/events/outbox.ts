import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { EventDraft, StatementRunner } from '../core/phase.js';
import { kyselyOn } from '../db/kysely-on.js';
import { APPEND_EVENTS, LOCK_COMMIT_ORDER } from './append-events.sql.js';
import { toEnvelope } from './envelope.js';

/**
 * Adds the events of a run to the outbox, in the given order.
 *
 * Edges:    call it inside a transaction, as the last statement that writes: until the commit all other writers of events wait. Nothing
 *           happens without drafts.
 */
export async function appendToOutbox(
  runner: StatementRunner,
  runId: string | null,
  drafts: readonly EventDraft[],
  at: Date,
): Promise<void> {
  if (drafts.length === 0) return;
  const rows = drafts.map((draft) => {
    const { payload, ...head } = toEnvelope(draft, at);
    return {
      eventId: randomUUID(),
      channels: JSON.stringify(draft.channels),
      head: JSON.stringify(head).slice(0, -1),
      payload: JSON.stringify(payload),
    };
  });
  await LOCK_COMMIT_ORDER.rows(runner, {});
  await APPEND_EVENTS.rows(runner, {
    runId,
    eventIds: rows.map((row) => row.eventId),
    channels: rows.map((row) => row.channels),
    heads: rows.map((row) => row.head),
    payloads: rows.map((row) => row.payload),
    at,
  });
}

/**
 * Deletes events older than `keepDays` days.
 *
 * Edges: with `onlyDelivered`, events that wait for Redis stay regardless of their age; without it, for installations without Redis, all
 *        old events are deleted. A sequence continues from the remaining events of its run.
 * Index: none: the table holds some weeks of events, and this runs once per run.
 * @returns the number of events deleted
 */
export async function pruneOutbox(
  runner: StatementRunner,
  { keepDays, onlyDelivered, at }: { readonly keepDays: number; readonly onlyDelivered: boolean; readonly at: Date },
): Promise<number> {
  const pruned = await kyselyOn(runner)
    .deleteFrom('pipeline.outbox')
    .where('created_at', '<', sql<Date>`${at}::timestamptz - make_interval(days => ${keepDays})`)
    .$if(onlyDelivered, (query) => query.where('published_at', 'is not', null))
    .executeTakeFirst();
  return Number(pruned.numDeletedRows);
}
