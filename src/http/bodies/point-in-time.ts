import { z } from 'zod';
import type { PointInTime, SessionDate } from '../../index.js';
import { instant, session } from './fields.js';

const time = z.union([z.iso.datetime({ offset: true }), z.iso.date()], {
  error: 'expected a date, or an instant with its offset such as 2026-06-30T22:00:00Z',
});

export const asOf = session.describe('that session; on a day without one, the session before').optional();
export const knownAt = time
  .describe('as believed then: an instant, or a date, which is its end in New York')
  .optional();

/** In a query: what puts a question to the past. */
export const pointInTime = { as_of: asOf, known_at: knownAt };

/** In an answer: what it was asked for, beside the session that answers it. */
export const answeredFor = {
  asked: session.nullable().describe('date as it was asked for; null for now'),
  known_at: instant.nullable().describe('what was believed then, UTC; null for what is known now'),
};

export function toPointInTime({
  as_of,
  known_at,
}: {
  readonly as_of?: string | undefined;
  readonly known_at?: string | undefined;
}): PointInTime {
  return { asOf: toSession(as_of), knownAt: known_at };
}

/** The calendar says later whether it is one; the form has been checked. */
export function toSession(date: string | undefined): SessionDate | undefined {
  return date as SessionDate | undefined;
}
