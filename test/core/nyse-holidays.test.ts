import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { getHolidays } from 'nyse-holidays';
import { TradingCalendar } from '../../src/core/calendar.js';
import { parseSessionDate } from '../../src/core/session.js';
import type { SessionDate } from '../../src/core/session.js';

const SCREENER_DIR = fileURLToPath(new URL('../../../shared/data/us-screener', import.meta.url));
const YEARS = Array.from({ length: 30 }, (_, index) => 2001 + index);

/** Closures off the rules, as the exchange announced them. */
const SPECIAL_CLOSURES = [
  '2001-09-11',
  '2001-09-12',
  '2001-09-13',
  '2001-09-14',
  '2004-06-11',
  '2007-01-02',
  '2012-10-29',
  '2012-10-30',
  '2018-12-05',
  '2025-01-09',
];

/**
 * Every 13:00 close. To 2025 after the closings in pandas_market_calendars and exchange_calendars (XNYS), from 2026 on from
 * the exchange's notices (to 2028) and by hand for 2029 and 2030 (4 July a Wednesday and a Thursday, Christmas on a Tuesday and
 * a Wednesday).
 */
const EARLY_CLOSES: Readonly<Record<number, string>> = {
  2001: '07-03 11-23 12-24',
  2002: '07-05 11-29 12-24',
  2003: '07-03 11-28 12-24 12-26',
  2004: '11-26',
  2005: '11-25',
  2006: '07-03 11-24',
  2007: '07-03 11-23 12-24',
  2008: '07-03 11-28 12-24',
  2009: '11-27 12-24',
  2010: '11-26',
  2011: '11-25',
  2012: '07-03 11-23 12-24',
  2013: '07-03 11-29 12-24',
  2014: '07-03 11-28 12-24',
  2015: '11-27 12-24',
  2016: '11-25',
  2017: '07-03 11-24',
  2018: '07-03 11-23 12-24',
  2019: '07-03 11-29 12-24',
  2020: '11-27 12-24',
  2021: '11-26',
  2022: '11-25',
  2023: '07-03 11-24',
  2024: '07-03 11-29 12-24',
  2025: '07-03 11-28 12-24',
  2026: '11-27 12-24',
  2027: '11-26',
  2028: '07-03 11-24',
  2029: '07-03 11-23 12-24',
  2030: '07-03 11-29 12-24',
};

/** Trading days a year, 2001 first: the counts published for the NYSE to 2025, then weekdays less holidays by hand. */
const SESSIONS_A_YEAR = (
  '248 252 252 252 252 251 251 253 252 252 ' +
  '252 250 252 252 252 252 251 251 252 253 ' +
  '252 251 250 252 250 251 251 251 251 251'
)
  .split(' ')
  .map(Number);

describe('the NYSE calendar', () => {
  const calendar = new TradingCalendar();

  it('has the sessions a year that were counted elsewhere', () => {
    const counts = YEARS.map((year) => sessionsOf(calendar, year).length);

    expect(counts).to.deep.equal(SESSIONS_A_YEAR);
  });

  it('closes at 13:00 on the days in the list and on no others', () => {
    for (const year of YEARS) {
      const earlyCloses = sessionsOf(calendar, year).filter((session) => calendar.isEarlyClose(session));

      expect(earlyCloses.map((session) => session.slice(5)).join(' '), String(year)).to.equal(EARLY_CLOSES[year]);
    }
  });

  it('has the ordinary holidays of the package nyse-holidays and the special closures, and is open on every other weekday', () => {
    for (const year of YEARS) {
      const closed = weekdaysOf(year).filter((date) => !calendar.isSession(date));

      const special = SPECIAL_CLOSURES.filter((date) => date.startsWith(String(year)));
      const ordinary = getHolidays(year).map((holiday) => holiday.dateString);
      expect(closed, String(year)).to.deep.equal([...ordinary, ...special].sort());
    }
  });

  it('is never open on a weekend', () => {
    const weekendSessions = YEARS.flatMap((year) => sessionsOf(calendar, year)).filter((session) =>
      [0, 6].includes(new Date(session).getUTCDay()),
    );

    expect(weekendSessions).to.deep.equal([]);
  });

  it('observes Juneteenth from 2022 on', () => {
    const observed = ['2022-06-20', '2023-06-19', '2024-06-19', '2025-06-19', '2026-06-19', '2027-06-18'];

    expect(observed.filter((date) => calendar.isSession(parseSessionDate(date)))).to.deep.equal([]);
    expect(calendar.isSession(parseSessionDate('2021-06-18'))).to.equal(true);
  });

  it('does not make up a New Year that falls on a Saturday', () => {
    const lastDays = ['2004-12-31', '2010-12-31', '2021-12-31', '2027-12-31'].map(parseSessionDate);
    const firstDays = ['2005-01-03', '2011-01-03', '2022-01-03', '2028-01-03'].map(parseSessionDate);

    expect([...lastDays, ...firstDays].every((date) => calendar.isSession(date))).to.equal(true);
  });

  it('was shut, not early, on the Friday before a Saturday 4 July, and full on the Friday before a Monday one', () => {
    expect(calendar.closedReason(parseSessionDate('2020-07-03'))).to.equal('Independence Day (observed)');
    expect(calendar.isEarlyClose(parseSessionDate('2020-07-02'))).to.equal(false);
    expect(calendar.isEarlyClose(parseSessionDate('2022-07-01'))).to.equal(false);
  });

  it('has exactly the sessions of which the real screener data has a folder', function () {
    if (!existsSync(SCREENER_DIR)) {
      console.log(`      no real data at ${SCREENER_DIR}`);
      this.skip();
    }
    const folders = readdirSync(SCREENER_DIR).sort();

    const sessions = calendar.between(parseSessionDate('2026-04-01'), parseSessionDate('2026-06-30'));

    expect(folders).to.have.length(62);
    expect(sessions).to.deep.equal(folders);
  });
});

function sessionsOf(calendar: TradingCalendar, year: number): SessionDate[] {
  return calendar.between(parseSessionDate(`${year}-01-01`), parseSessionDate(`${year}-12-31`));
}

function weekdaysOf(year: number): SessionDate[] {
  const days = Array.from({ length: 366 }, (_, index) => new Date(Date.UTC(year, 0, 1 + index)));
  return days
    .filter((day) => day.getUTCFullYear() === year && ![0, 6].includes(day.getUTCDay()))
    .map((day) => parseSessionDate(day.toISOString().slice(0, 10)));
}
