import { Temporal } from 'temporal-polyfill';
import type { TradingCalendar } from '../core/calendar.js';
import { PipelineError } from '../core/errors.js';
import { parseSessionDate, type SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { READ_PUBLISHED } from './read-published.sql.js';

/** When a question is about: by default now, as known now. */
export interface PointInTime {
  /** A date; on one without a session it is about the session before. */
  readonly asOf?: SessionDate | undefined;
  /** What was believed at that time: an instant with its offset (`2026-06-30T22:00:00Z`), or a date, which is the end of that day in New York. */
  readonly knownAt?: string | undefined;
}

/** When an answer is about. */
export interface Moment {
  /** The newest session published by then; null before the first publish, which only a question about now can be. */
  readonly session: SessionDate | null;
  /** The date as it was asked for; null for now. */
  readonly asked: SessionDate | null;
  /** UTC; null for what is known now. Valuations are the newest in either case: only memberships are kept as they were believed. */
  readonly knownAt: string | null;
}

interface Published {
  readonly session: SessionDate | null;
  readonly first: SessionDate | null;
  readonly newest: SessionDate | null;
  /** Of those that had been published at `knownAt`. */
  readonly newestKnown: SessionDate | null;
}

/**
 * The session that answers a question.
 *
 * @throws EOD_SESSION_INVALID when the date is none, lies before the first or after the newest published session, or had not been published
 *         at `knownAt`; when `knownAt` is no time
 */
export async function resolveMoment(
  database: Database,
  calendar: TradingCalendar,
  { asOf, knownAt: knownAtText }: PointInTime,
): Promise<Moment> {
  const asked = asOf === undefined ? null : parseSessionDate(asOf);
  const knownAt = knownAtText === undefined ? null : parseKnownAt(knownAtText);
  const wanted = asked === null || calendar.isSession(asked) ? asked : calendar.previous(asked);
  const published = await readPublished(database, wanted, knownAt);
  const refusal = findRefusal(published, wanted, knownAt);
  if (refusal) throw refusal;
  return { session: published.session, asked, knownAt };
}

/** Now, for callers without a calendar. */
export async function readCurrentMoment(database: Database): Promise<Moment> {
  const { session } = await readPublished(database, null, null);
  return { session, asked: null, knownAt: null };
}

/** As the SQL functions take it. */
export function toKnownAt({ knownAt }: Pick<Moment, 'knownAt'>): string {
  return knownAt ?? 'infinity';
}

async function readPublished(
  database: Database,
  wanted: SessionDate | null,
  knownAt: string | null,
): Promise<Published> {
  const published = await READ_PUBLISHED.first(database.pool, { wanted, knownAt: toKnownAt({ knownAt }) });
  return published ?? { session: null, first: null, newest: null, newestKnown: null };
}

function findRefusal(
  { first, newest, newestKnown }: Published,
  wanted: SessionDate | null,
  knownAt: string | null,
): PipelineError | null {
  if (wanted === null && knownAt === null) return null;
  if (first === null || newest === null) {
    return refuse('no session has been published yet', 'run `tickstock run` first');
  }
  if (newestKnown === null) {
    return refuse(
      `nothing had been published at ${knownAt}`,
      `the first published session is ${first}; give a later time`,
    );
  }
  if (wanted === null) return null;
  if (wanted < first) {
    return refuse(`${wanted} is before the first published session`, `the first published session is ${first}`);
  }
  if (wanted > newest) return refuse(`${wanted} has not been published`, `the newest published session is ${newest}`);
  if (wanted <= newestKnown) return null;
  return refuse(`${wanted} had not been published at ${knownAt}`, `the newest session then was ${newestKnown}`);
}

function refuse(message: string, hint: string): PipelineError {
  return new PipelineError('EOD_SESSION_INVALID', message, { hint });
}

/** @throws EOD_SESSION_INVALID */
function parseKnownAt(text: string): string {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
      const dayAfter = Temporal.PlainDate.from(text).add({ days: 1 }).toZonedDateTime('America/New_York');
      return new Date(dayAfter.epochMilliseconds - 1).toISOString();
    }
    return new Date(Temporal.Instant.from(text).epochMilliseconds).toISOString();
  } catch {
    throw refuse(
      `"${text}" is not a time`,
      'write a date, or an instant with its offset: 2026-06-30 or 2026-06-30T22:00:00Z',
    );
  }
}
