import type { EventDraft } from '../../src/core/phase.js';
import type { Database } from '../../src/db/database.js';
import { appendToOutbox } from '../../src/events/outbox.js';

export const RUN = '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11';
export const OTHER_RUN = '7d9f1a52-1111-4a47-9b0a-5c1d7f2f8a22';
export const AT = new Date('2026-06-30T20:10:00Z');

export const CHANNEL = 'tickstock:test:one';

/** An event that is told from others by its number. */
export function numbered(number: number, channels: readonly string[] = [CHANNEL]): EventDraft {
  return { event: 'numbered', channels, source: 'test', payload: { number } };
}

/** Events first … last. */
export function numberedFrom(first: number, last: number): EventDraft[] {
  return Array.from({ length: last - first + 1 }, (_, index) => numbered(first + index));
}

/** Commits events in a transaction of their own. */
export async function commitEvents(
  database: Database,
  runId: string | null,
  drafts: readonly EventDraft[],
  at: Date = AT,
): Promise<void> {
  await database.transaction(({ client }) => appendToOutbox(client, runId, drafts, at));
}

/** The numbers of the bodies, in the order given. */
export function numbersOf(bodies: readonly string[]): number[] {
  return bodies.map((body) => (JSON.parse(body) as { payload: { number: number } }).payload.number);
}

export async function countWaiting(database: Database): Promise<number> {
  const { rows } = await database.pool.query<{ waiting: number }>(
    'select count(*)::int as waiting from pipeline.outbox where published_at is null',
  );
  return rows[0]?.waiting ?? NaN;
}
