import { parseSessionDate, type PointInTime, type SessionDate } from '../index.js';

/** Options that put a question to the past. */
export interface PointInTimeOptions {
  readonly asOf?: string;
  readonly knownAt?: string;
}

export const KNOWN_AT_HELP = 'as believed then: an instant with its offset, or a date (its end in New York)';

/** @throws EOD_SESSION_INVALID */
export function parsePointInTime({ asOf, knownAt }: PointInTimeOptions): PointInTime {
  return { asOf: asOf === undefined ? undefined : parseSessionDate(asOf), knownAt };
}

/** ` as believed at 2026-06-25 22:30:00Z`, and nothing for what is known now. */
export function describeKnownAt(knownAt: string | null): string {
  return knownAt === null ? '' : ` as believed at ${knownAt.slice(0, 10)} ${knownAt.slice(11, 19)}Z`;
}

/** The line that says which session answers a date without a published session of its own; null where it is the date itself. */
export function describeAsked(asked: SessionDate | null, session: SessionDate | null): string | null {
  if (asked === null || session === null || asked === session) return null;
  return `${asked} is answered by ${session}, the newest published session by then`;
}
