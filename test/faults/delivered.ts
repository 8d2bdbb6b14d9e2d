import type { Database } from '../../src/db/database.js';
import type { TestRedis } from '../support/redis.js';

/** An event as a consumer of the stream, or a reader of the outbox, has it. */
export interface FoundEvent {
  readonly eventId: string;
  /** Empty for events outside of runs. */
  readonly runId: string;
  /** 0 for events outside of runs. */
  readonly sequence: number;
  readonly event: string;
  readonly body: string;
}

/** What the stream holds, in its order, with repetitions. */
export async function readStream(redis: TestRedis): Promise<readonly FoundEvent[]> {
  const client = redis.connect();
  const entries = await client.xrange('tickstock:events', '-', '+');
  client.disconnect();
  return entries.map(([, list]) => {
    const fields: Partial<Record<string, string>> = Object.fromEntries(
      list.flatMap((name, place) => (place % 2 === 0 ? [[name, list[place + 1]]] : [])),
    );
    const { event_id: eventId = '', run_id: runId = '', sequence, event = '', body = '' } = fields;
    return { eventId, runId, sequence: Number(sequence), event, body };
  });
}

/** What was committed, in the order of commits. */
export async function readCommitted(database: Database): Promise<readonly FoundEvent[]> {
  const { rows } = await database.pool.query<FoundEvent>(
    `select event_id as "eventId", coalesce(run_id::text, '') as "runId", coalesce(sequence, 0) as sequence,
            body ->> 'event' as event, body::text as body
     from pipeline.outbox order by commit_seq`,
  );
  return rows;
}

/** Each event where it came first. */
export function withoutRepetitions(events: readonly FoundEvent[]): readonly FoundEvent[] {
  const known = new Set<string>();
  return events.filter(({ eventId }) => !known.has(eventId) && known.add(eventId));
}

export function groupByRun(events: readonly FoundEvent[]): ReadonlyMap<string, readonly FoundEvent[]> {
  const runs = new Map<string, FoundEvent[]>();
  for (const event of events) {
    const run = runs.get(event.runId);
    if (run) run.push(event);
    else runs.set(event.runId, [event]);
  }
  return runs;
}
