import { toNewYorkDate } from '../../../src/core/calendar.js';
import { toSessionDate, type SessionDate } from '../../../src/core/session.js';
import type { CsvSettings } from '../../../src/config/schema/csv.js';

type Format = CsvSettings['dateFormat'];

const MS_A_DAY = 86_400_000;
/** Milliseconds in one of the unit. */
const UNITS = { seconds: 1000, milliseconds: 1, nanoseconds: 1e-6 } as const;
const UNIT_BY_DIGITS: Readonly<Record<number, keyof typeof UNITS>> = {
  10: 'seconds',
  13: 'milliseconds',
  19: 'nanoseconds',
};

/** Where year, month and day are in the matches of the written forms. A time behind the date is not read. */
const FORMS: Readonly<
  Record<Exclude<Format, 'auto' | keyof typeof UNITS>, readonly [RegExp, year: number, month: number, day: number]>
> = {
  'YYYY-MM-DD': [/^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$/, 1, 2, 3],
  YYYYMMDD: [/^(\d{4})(\d{2})(\d{2})$/, 1, 2, 3],
  'MM/DD/YYYY': [/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/, 3, 1, 2],
  'DD/MM/YYYY': [/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/, 3, 2, 1],
  'DD.MM.YYYY': [/^(\d{1,2})\.(\d{1,2})\.(\d{4})$/, 3, 2, 1],
};

/**
 * The day that a text names; null when it names none in this format.
 *
 * Edges: a Unix time is the day in New York, but midnight UTC is the day in UTC: sources mark whole days with either.
 */
export function parseDate(text: string, format: Format): SessionDate | null {
  const trimmed = text.trim();
  if (format === 'auto') {
    if (!/^\d+$/.test(trimmed)) return parseForm(trimmed, 'YYYY-MM-DD');
    const unit = UNIT_BY_DIGITS[trimmed.length];
    return unit === undefined ? parseForm(trimmed, 'YYYYMMDD') : parseUnixTime(trimmed, unit);
  }
  return format in UNITS
    ? parseUnixTime(trimmed, format as keyof typeof UNITS)
    : parseForm(trimmed, format as keyof typeof FORMS);
}

function parseForm(text: string, format: keyof typeof FORMS): SessionDate | null {
  const [pattern, ...places] = FORMS[format];
  const match = pattern.exec(text);
  if (match === null) return null;
  const [year, month, day] = places.map((place) => match[place] ?? '');
  return toSessionDate(`${year}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}`);
}

function parseUnixTime(text: string, unit: keyof typeof UNITS): SessionDate | null {
  if (!/^\d{1,19}$/.test(text)) return null;
  const ms = Math.round(Number(text) * UNITS[unit]);
  if (!(ms < Date.UTC(2200, 0))) return null;
  return toSessionDate(ms % MS_A_DAY === 0 ? new Date(ms).toISOString().slice(0, 10) : toNewYorkDate(ms));
}
