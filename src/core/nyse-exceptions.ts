/** One day that differs from the rules. `open` means a full day to 16:00, for a holiday or an early close that was not. */
export interface CalendarOverride {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly kind: 'closed' | 'early-close' | 'open';
  readonly reason: string;
}

/**
 * What the NYSE did off its rules since 2001.
 *
 * Edges:  only whole days and scheduled 13:00 closes. The 15:56 stop of 2005-06-01 and the late openings are full sessions here:
 *         an end-of-day pipeline runs after 16:00 all the same.
 * Source: the exchange's list of closings; the same days in pandas_market_calendars and exchange_calendars (XNYS).
 */
export const NYSE_EXCEPTIONS: readonly CalendarOverride[] = [
  { date: '2001-09-11', kind: 'closed', reason: 'September 11 attacks' },
  { date: '2001-09-12', kind: 'closed', reason: 'September 11 attacks' },
  { date: '2001-09-13', kind: 'closed', reason: 'September 11 attacks' },
  { date: '2001-09-14', kind: 'closed', reason: 'September 11 attacks' },
  // Until 2012 a Thursday's Independence Day shortened the Friday after it; from 2013 on the Wednesday before.
  { date: '2002-07-03', kind: 'open', reason: 'the short day was the Friday after' },
  { date: '2002-07-05', kind: 'early-close', reason: 'day after Independence Day' },
  { date: '2003-12-26', kind: 'early-close', reason: 'day after Christmas' },
  { date: '2004-06-11', kind: 'closed', reason: 'day of mourning for Ronald Reagan' },
  { date: '2007-01-02', kind: 'closed', reason: 'day of mourning for Gerald Ford' },
  { date: '2012-10-29', kind: 'closed', reason: 'Hurricane Sandy' },
  { date: '2012-10-30', kind: 'closed', reason: 'Hurricane Sandy' },
  { date: '2018-12-05', kind: 'closed', reason: 'day of mourning for George H. W. Bush' },
  { date: '2025-01-09', kind: 'closed', reason: 'day of mourning for Jimmy Carter' },
];
