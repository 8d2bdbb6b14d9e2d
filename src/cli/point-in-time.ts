import { parseSessionDate, type PointInTime, type SessionDate } from '../index.js';

/** Options of commands that answer for a past point in time. */
export interface PointInTimeOptions {
  readonly asOf?: string;
  readonly knownAt?: string;
}

export const KNOWN_AT_HELP = 'as known then: an instant with its offset, or a date (its end in New York)';

/** @throws EOD_SESSION_INVALID */
export function parsePointInTime({ asOf, knownAt }: PointInTimeOptions): PointInTime {
  return { asOf: asOf === undefined ? undefined : parseSessionDate(asOf), knownAt };
}

/** ` as believed at 2026-06-25 22:30:00Z`; empty for the current knowledge. */
export function describeKnownAt(knownAt: string | null): string {
  return knownAt === null ? '' : ` as believed at ${knownAt.slice(0, 10)} ${knownAt.slice(11, 19)}Z`;
}

/** Says which session answers a date that has no published session of its own; null when the date has one. */
export function describeAsked(asked: SessionDate | null, session: SessionDate | null): string | null {
  if (asked === null || session === null || asked === session) return null;
  return `${asked} is answered by ${session}, the newest published session by then`;
}
