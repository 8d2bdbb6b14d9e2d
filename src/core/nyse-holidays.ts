/**
 * The rules of the NYSE: regular holidays and 13:00 closes, as days in UTC milliseconds, for 2001 on.
 * What happened off the rules is in nyse-exceptions.ts.
 *
 * Source: NYSE Rule 7.2 and the holiday notices of NYSE Group.
 */

const DAY_MS = 86_400_000;

const SUNDAY = 0;
const MONDAY = 1;
const THURSDAY = 4;
const SATURDAY = 6;

/** NYSE first closed for Juneteenth in 2022; in 2021, with the federal holiday two days old, it traded. */
const JUNETEENTH_SINCE = 2022;

export interface Holiday {
  /** Midnight UTC of the day the exchange is closed. */
  readonly dayMs: number;
  readonly name: string;
}

/** Full closures of a year, in order, each on a weekday. */
export function holidaysOf(year: number): Holiday[] {
  return [
    ...newYearsDay(year),
    { dayMs: nthWeekday(year, 1, MONDAY, 3), name: 'Martin Luther King Jr. Day' },
    { dayMs: nthWeekday(year, 2, MONDAY, 3), name: "Washington's Birthday" },
    { dayMs: easterSunday(year) - 2 * DAY_MS, name: 'Good Friday' },
    { dayMs: lastMonday(year, 5), name: 'Memorial Day' },
    ...(year >= JUNETEENTH_SINCE ? [observed(year, 6, 19, 'Juneteenth')] : []),
    observed(year, 7, 4, 'Independence Day'),
    { dayMs: nthWeekday(year, 9, MONDAY, 1), name: 'Labor Day' },
    { dayMs: thanksgiving(year), name: 'Thanksgiving Day' },
    observed(year, 12, 25, 'Christmas Day'),
  ];
}

/** Days of a year on which the exchange closes at 13:00, in order. */
export function earlyClosesOf(year: number): number[] {
  return [...eveOfWeekdayHoliday(year, 7, 3), thanksgiving(year) + DAY_MS, ...eveOfWeekdayHoliday(year, 12, 24)];
}

/** Sunday 0 to Saturday 6. */
export function weekdayOf(dayMs: number): number {
  return new Date(dayMs).getUTCDay();
}

export function isWeekend(dayMs: number): boolean {
  const weekday = weekdayOf(dayMs);
  return weekday === SATURDAY || weekday === SUNDAY;
}

/** A Saturday's New Year is not made up on the Friday: that is the last trading day of the accounting year. */
function newYearsDay(year: number): Holiday[] {
  return weekdayOf(Date.UTC(year, 0, 1)) === SATURDAY ? [] : [observed(year, 1, 1, "New Year's Day")];
}

/** A holiday on a Saturday closes the Friday before, one on a Sunday the Monday after. */
function observed(year: number, month: number, day: number, name: string): Holiday {
  const dayMs = Date.UTC(year, month - 1, day);
  const weekday = weekdayOf(dayMs);
  if (weekday === SATURDAY) return { dayMs: dayMs - DAY_MS, name: `${name} (observed)` };
  if (weekday === SUNDAY) return { dayMs: dayMs + DAY_MS, name: `${name} (observed)` };
  return { dayMs, name };
}

/** A Friday's eve is the observed holiday itself, and no eve on a weekend moves to the Friday before it. */
function eveOfWeekdayHoliday(year: number, month: number, day: number): number[] {
  const dayMs = Date.UTC(year, month - 1, day);
  const weekday = weekdayOf(dayMs);
  return weekday >= MONDAY && weekday <= THURSDAY ? [dayMs] : [];
}

function thanksgiving(year: number): number {
  return nthWeekday(year, 11, THURSDAY, 4);
}

function nthWeekday(year: number, month: number, weekday: number, nth: number): number {
  const firstMs = Date.UTC(year, month - 1, 1);
  const offsetDays = (weekday - weekdayOf(firstMs) + 7) % 7;
  return firstMs + (offsetDays + 7 * (nth - 1)) * DAY_MS;
}

function lastMonday(year: number, month: number): number {
  const lastMs = Date.UTC(year, month, 0);
  return lastMs - ((weekdayOf(lastMs) - MONDAY + 7) % 7) * DAY_MS;
}

/**
 * Easter Sunday of the Gregorian calendar.
 *
 * Source: the anonymous computus in Jean Meeus, Astronomical Algorithms, chapter 8; its letters are kept.
 */
function easterSunday(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const monthTimes31 = h + l - 7 * m + 114;
  return Date.UTC(year, Math.floor(monthTimes31 / 31) - 1, (monthTimes31 % 31) + 1);
}
