import { z } from 'zod';
import type { PointInTime, SessionDate } from '../../index.js';
import { instant, session } from './fields.js';

const time = z.union([z.iso.datetime({ offset: true }), z.iso.date()], {
  error: 'expected a date, or an instant with its offset such as 2026-06-30T22:00:00Z',
});

const asOf = session.describe('as of this session; on a day without one, the session before').optional();
export const knownAt = time
  .describe('as known at this time: an instant, or a date, which means its end in New York')
  .optional();

/** Query parameters of a point in time. */
export const pointInTime = { as_of: asOf, known_at: knownAt };

/** The requested point in time, in an answer. */
export const answeredFor = {
  asked: session.nullable().describe('the requested date; null for now'),
  known_at: instant.nullable().describe('the requested time of knowledge, UTC; null for now'),
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

/** The format has been checked; the calendar checks later whether it is a session. */
export function toSession(date: string | undefined): SessionDate | undefined {
  return date as SessionDate | undefined;
}
