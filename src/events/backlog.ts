import type { StatementRunner } from '../core/phase.js';
import { kyselyOn } from '../db/kysely-on.js';
import { LOCK_RUN } from './lock-run.sql.js';
import { MARK_DELIVERED } from './mark-delivered.sql.js';
import { READ_WAITING_OF_RUN, READ_WAITING_OUTSIDE } from './read-waiting.sql.js';
import { EVENTS } from './catalogue/index.js';
import type { RedisCommand } from './redis-client.js';

/** The stream for consumers that were away. */
const EVENT_STREAM = 'tickstock:events';

/** A run whose first waiting event is locked by this transaction; `runId` is null for events outside of runs. */
export interface LockedRun {
  readonly runId: string | null;
  /** The `commit_seq` before that of this event. */
  readonly before: string;
}

export interface WaitingEvent {
  readonly commitSeq: string;
  readonly eventId: string;
  readonly runId: string | null;
  readonly sequence: number | null;
  readonly channels: readonly string[];
  /** The envelope, JSON. Not parsed in SQL: `->>` refuses a body that contains a NUL, which JSON allows. */
  readonly body: string;
  /** Milliseconds since the epoch. */
  readonly createdMs: number;
}

/** Whether any event waits. Ordered like the index, so that it is used even where statistics are old and the table looks small. */
export async function hasBacklog(runner: StatementRunner): Promise<boolean> {
  const waiting = await kyselyOn(runner)
    .selectFrom('pipeline.outbox')
    .select('commit_seq')
    .where('published_at', 'is', null)
    .orderBy('run_id')
    .orderBy('commit_seq')
    .limit(1)
    .execute();
  return waiting.length > 0;
}

/** Locks the first waiting event of the run that has waited longest and that no other relay works on; null when there is none. */
export async function lockRun(runner: StatementRunner): Promise<LockedRun | null> {
  return (await LOCK_RUN.first(runner, {})) ?? null;
}

/** The waiting events of a locked run after a `commit_seq`, in order, within the bounds. */
export async function readWaiting(
  runner: StatementRunner,
  runId: string | null,
  after: string,
  { rows, bytes }: { readonly rows: number; readonly bytes: number },
): Promise<readonly WaitingEvent[]> {
  const read = runId === null ? READ_WAITING_OUTSIDE : READ_WAITING_OF_RUN;
  return read.rows(runner, { runId, after, rows, bytes });
}

/** Nothing happens without events. */
export async function markDelivered(runner: StatementRunner, events: readonly WaitingEvent[], at: Date): Promise<void> {
  if (events.length === 0) return;
  await MARK_DELIVERED.rows(runner, { at, commitSeqs: events.map(({ commitSeq }) => commitSeq) });
}

/** Event → the key that has the newest one. */
const KEYS: ReadonlyMap<string, string> = new Map(
  EVENTS.flatMap(({ event, key }) => (key === undefined ? [] : [[event, key]])),
);

/** Adds each event to the stream, sets its key where it has one, then publishes it to its channels. */
export function toCommands(events: readonly WaitingEvent[], streamMaxLength: number): RedisCommand[] {
  return events.flatMap(({ eventId, runId, sequence, channels, body }): RedisCommand[] => {
    const event = nameOf(body);
    const key = KEYS.get(event);
    return [
      // prettier-ignore
      ['xadd', EVENT_STREAM, 'MAXLEN', '~', streamMaxLength, '*', 'event_id', eventId, 'run_id', runId ?? '',
        'sequence', sequence ?? '', 'channel', channels[0] ?? '', 'event', event, 'body', body],
      ...(key === undefined ? [] : [['set', key, body]]),
      ...channels.map((channel) => ['publish', channel, body]),
    ];
  });
}

function nameOf(body: string): string {
  return (JSON.parse(body) as { event: string }).event;
}
