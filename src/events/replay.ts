import { PipelineError } from '../core/errors.js';
import type { StatementRunner } from '../core/phase.js';
import { kyselyOn } from '../db/kysely-on.js';
import type { EventEnvelope } from './envelope.js';

/** Events in the order their data was committed. */
export interface EventPage {
  readonly events: readonly StoredEvent[];
  /** Pass it as `after` for the events that follow, now or later; null when there has been no event yet. */
  readonly next: string | null;
  /** True when more events exist already. */
  readonly has_more: boolean;
}

interface StoredEvent extends EventEnvelope {
  readonly event_id: string;
  readonly channels: readonly string[];
}

/** A page of stored events. */
export interface EventsRequest {
  /** Id of the last event seen; default: from the first that is kept. */
  readonly after?: string | undefined;
  readonly limit: number;
}

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * Reads stored events, delivered or not: for a consumer that was away for longer than the stream is kept, or that has no Redis.
 *
 * Shape: from the oldest kept event, or from the one after `after`.
 * Order: `commit_seq`, which is the order of commits: an event never appears before one that was already read.
 * Index: outbox_commit_seq_idx, and the primary key for `after`.
 * @throws EOD_EVENT_UNKNOWN when `after` is not an event, or is no longer kept
 */
export async function readEvents(runner: StatementRunner, { after, limit }: EventsRequest): Promise<EventPage> {
  const start = after === undefined ? '0' : await findCommitSeq(runner, after);
  const rows = await kyselyOn(runner)
    .selectFrom('pipeline.outbox')
    .select(['channels', 'body'])
    .where('commit_seq', '>', start)
    .orderBy('commit_seq')
    .limit(limit + 1)
    .execute();
  const events = rows.slice(0, limit).map(toStoredEvent);
  return { events, next: events.at(-1)?.event_id ?? after ?? null, has_more: rows.length > limit };
}

async function findCommitSeq(runner: StatementRunner, eventId: string): Promise<string> {
  const found = UUID.test(eventId)
    ? await kyselyOn(runner)
        .selectFrom('pipeline.outbox')
        .select('commit_seq')
        .where('event_id', '=', eventId)
        .executeTakeFirst()
    : undefined;
  if (found) return found.commit_seq;
  throw new PipelineError('EOD_EVENT_UNKNOWN', `there is no event ${JSON.stringify(eventId.slice(0, 64))}`, {
    hint: 'it may have been deleted after redis.keepDays days: leave `after` out to start with the oldest event kept',
    context: { after: eventId.slice(0, 64) },
  });
}

function toStoredEvent({ channels, body }: { readonly channels: string[]; readonly body: unknown }): StoredEvent {
  return { ...(body as Omit<StoredEvent, 'channels'>), channels };
}
