import { PipelineError } from './errors.js';

/** A trading day of the exchange, `YYYY-MM-DD` in New York. A string, so that no time zone can move it. */
export type SessionDate = string & { readonly __brand: 'SessionDate' };

/** A calendar date written `YYYY-MM-DD`, or null. The calendar decides whether it was a trading day. */
export function toSessionDate(text: string): SessionDate | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const instant = new Date(Date.UTC(year, month - 1, day));
  return instant.getUTCMonth() === month - 1 && instant.getUTCDate() === day ? (text as SessionDate) : null;
}

/**
 * The same for a date that must be one.
 * @throws EOD_SESSION_INVALID
 */
export function parseSessionDate(text: string): SessionDate {
  const date = toSessionDate(text);
  if (date !== null) return date;
  throw new PipelineError('EOD_SESSION_INVALID', `"${text}" is not a date`, {
    hint: 'write the session as YYYY-MM-DD, for example 2026-06-30',
  });
}
