import type { StatementRunner } from '../core/phase.js';
import type { RedisCommand } from './redis-client.js';

/** The stream that consumers who were away read from. */
const EVENT_STREAM = 'tickstock:events';

/** A run whose first waiting event this transaction has locked; `runId` null for events outside of runs. */
export interface LockedRun {
  readonly runId: string | null;
  /** The position before that event's. */
  readonly before: string;
}

export interface WaitingEvent {
  readonly position: string;
  readonly eventId: string;
  readonly runId: string | null;
  readonly sequence: number | null;
  readonly channels: readonly string[];
  /** The envelope, JSON. Not to be taken apart in SQL: `->>` refuses a body with a NUL anywhere in it, which JSON allows. */
  readonly body: string;
  /** Milliseconds since the epoch. */
  readonly createdMs: number;
}

/** Whether any event waits. Ordered as the index is, so that it is used even where statistics are old and the table looks small. */
export async function hasBacklog(runner: StatementRunner): Promise<boolean> {
  const { rows } = await runner.query(
    'select 1 from pipeline.outbox where published_at is null order by run_id, position limit 1',
  );
  return rows.length > 0;
}

/**
 * Locks the first waiting event of the run that has waited longest and that no other relay works on: who holds it sends that run's events.
 *
 * Strategy: the runs are found with one index probe each, whatever number of events they have (`distinct` would read them all). A row that
 *           another relay delivered in the meantime is looked at again once it is locked, and left out; one that is still locked is passed
 *           over for the next run's. So a run has one sender at a time, and keeps its order with any number of them. The lock is taken
 *           inside `lateral`, one row at a time: a plain join locks as much, but may read the whole table where statistics are old.
 * Index:    outbox_backlog_idx, then outbox_position_idx.
 */
export async function lockRun(runner: StatementRunner): Promise<LockedRun | null> {
  const { rows } = await runner.query(
    `with recursive runs as (
       (select run_id, position
        from pipeline.outbox
        where published_at is null and run_id is not null
        order by run_id, position
        limit 1)
       union all
       select next.run_id, next.position
       from runs
       cross join lateral (
         select run_id, position
         from pipeline.outbox
         where published_at is null and run_id > runs.run_id
         order by run_id, position
         limit 1
       ) next
     ), heads as materialized (
       (select position from runs
        union all
        (select position
         from pipeline.outbox
         where published_at is null and run_id is null
         order by run_id, position
         limit 1))
       order by position
     )
     select locked."runId", locked.before
     from heads
     cross join lateral (
       select o.run_id as "runId", (o.position - 1)::text as before
       from pipeline.outbox o
       where o.position = heads.position and o.published_at is null
       for update skip locked
     ) locked
     limit 1`,
  );
  return (rows[0] as LockedRun | undefined) ?? null;
}

/**
 * The waiting events of a locked run that follow a position, in order, as many as the bounds allow; of bytes, one event may take more.
 *
 * Strategy: a range of positions rather than `limit`: it bounds the rows whatever plan is chosen, where `limit` on a table without
 *           statistics may sort the whole backlog for every page. Other runs' events in between make a page smaller, or empty, never wrong.
 * Order:    `waiting.position`, as the bare name would be that of the text that is given out, with 10 before 9.
 * Index:    outbox_backlog_idx or outbox_position_idx.
 */
export async function readWaiting(
  runner: StatementRunner,
  runId: string | null,
  after: string,
  { rows: maxRows, bytes: maxBytes }: { readonly rows: number; readonly bytes: number },
): Promise<readonly WaitingEvent[]> {
  const { rows } = await runner.query(
    `with waiting as (
       select *, body::text as body_text,
              sum(octet_length(body::text)) over (order by position) - octet_length(body::text) as bytes_before
       from pipeline.outbox
       where published_at is null
         and ${runId === null ? 'run_id is null and $1::uuid is null' : 'run_id = $1'}
         and position > $2::bigint
         and position <= $2::bigint + $3
     )
     select position::text, event_id as "eventId", run_id as "runId", sequence, channels, body_text as body,
            (extract(epoch from created_at) * 1000)::float8 as "createdMs"
     from waiting
     where bytes_before < $4
     order by waiting.position`,
    [runId, after, maxRows, maxBytes],
  );
  return rows as unknown as WaitingEvent[];
}

/** Nothing happens without events. Index: outbox_position_idx. */
export async function markDelivered(runner: StatementRunner, events: readonly WaitingEvent[], at: Date): Promise<void> {
  if (events.length === 0) return;
  await runner.query('update pipeline.outbox set published_at = $1 where position = any($2::bigint[])', [
    at,
    events.map(({ position }) => position),
  ]);
}

/** Each event into the stream, then to the listeners of its channels. */
export function toCommands(events: readonly WaitingEvent[], streamMaxLength: number): RedisCommand[] {
  return events.flatMap(({ eventId, runId, sequence, channels, body }) => [
    // prettier-ignore
    ['xadd', EVENT_STREAM, 'MAXLEN', '~', streamMaxLength, '*', 'event_id', eventId, 'run_id', runId ?? '',
      'sequence', sequence ?? '', 'channel', channels[0] ?? '', 'event', nameOf(body), 'body', body],
    ...channels.map((channel) => ['publish', channel, body]),
  ]);
}

function nameOf(body: string): string {
  return (JSON.parse(body) as { event: string }).event;
}
