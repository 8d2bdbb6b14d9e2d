import { expect } from 'chai';
import fc from 'fast-check';
import { TradingCalendar } from '../../src/core/calendar.js';
import type { CalendarOverride } from '../../src/core/calendar.js';
import { parseSessionDate } from '../../src/core/session.js';
import { expectCode } from './expect-code.js';

const day = parseSessionDate;
const calendar = new TradingCalendar();

/** Any calendar day with sessions of the range on both sides. */
const anyDay = fc
  .integer({ min: Date.UTC(2001, 1, 1) / 86_400_000, max: Date.UTC(2030, 10, 30) / 86_400_000 })
  .map((dayNumber) => day(new Date(dayNumber * 86_400_000).toISOString().slice(0, 10)));
const anySession = anyDay.filter((date) => calendar.isSession(date));

describe('TradingCalendar', () => {
  describe('closedReason', () => {
    const cases: [string, string | undefined][] = [
      ['2026-06-30', undefined],
      ['2026-07-04', 'a Saturday'],
      ['2026-07-05', 'a Sunday'],
      ['2026-11-26', 'Thanksgiving Day'],
      ['2026-04-03', 'Good Friday'],
      ['2023-01-02', "New Year's Day (observed)"],
      ['2026-02-16', "Washington's Birthday"],
      ['2012-10-29', 'Hurricane Sandy'],
      ['2025-01-09', 'day of mourning for Jimmy Carter'],
      ['2000-12-29', 'outside 2001-2060'],
      ['2061-01-03', 'outside 2001-2060'],
    ];
    for (const [date, reason] of cases) {
      it(`of ${date} is ${reason ?? 'absent, a session'}`, () => {
        expect(calendar.closedReason(day(date))).to.equal(reason);
        expect(calendar.isSession(day(date))).to.equal(reason === undefined);
      });
    }
  });

  describe('closeAt', () => {
    const cases: [string, string, string][] = [
      ['on the Friday before summer time', '2026-03-06', '2026-03-06T21:00:00.000Z'],
      ['on the Monday after summer time began', '2026-03-09', '2026-03-09T20:00:00.000Z'],
      ['on the Monday after summer time ended', '2026-11-02', '2026-11-02T21:00:00.000Z'],
      ['on a short day in summer', '2025-07-03', '2025-07-03T17:00:00.000Z'],
      ['on a short day in winter', '2024-11-29', '2024-11-29T18:00:00.000Z'],
      ['before 2007, when summer time began in April', '2006-03-13', '2006-03-13T21:00:00.000Z'],
    ];
    for (const [when, date, closesAt] of cases) {
      it(`is ${closesAt} ${when}`, () => {
        expect(new Date(calendar.closeAt(day(date))).toISOString()).to.equal(closesAt);
      });
    }

    it('refuses a day on which nothing closes', () => {
      expectCode(() => calendar.closeAt(day('2026-07-04')), 'EOD_SESSION_INVALID');
    });
  });

  describe('previous, next and between', () => {
    it('step over weekends and holidays', () => {
      expect(calendar.previous(day('2026-07-06'))).to.equal('2026-07-02');
      expect(calendar.next(day('2026-07-02'))).to.equal('2026-07-06');
      expect(calendar.previous(day('2001-09-17'))).to.equal('2001-09-10');
      expect(calendar.next(day('2021-12-31'))).to.equal('2022-01-03');
    });

    it('count sessions from a day that is none', () => {
      expect(calendar.previous(day('2026-07-04'), 3)).to.equal('2026-06-30');
      expect(calendar.next(day('2026-07-04'), 2)).to.equal('2026-07-07');
    });

    it('include both ends, and find nothing backwards', () => {
      const week = calendar.between(day('2026-06-29'), day('2026-07-04'));

      expect(week).to.deep.equal(['2026-06-29', '2026-06-30', '2026-07-01', '2026-07-02']);
      expect(calendar.between(day('2026-07-04'), day('2026-06-29'))).to.deep.equal([]);
      expect(calendar.sessionCount(day('2026-06-29'), day('2026-07-04'))).to.equal(3);
    });

    it('refuse to leave 2001-2060, and a count that is none', () => {
      expectCode(() => calendar.previous(day('2001-01-02')), 'EOD_SESSION_INVALID');
      expectCode(() => calendar.next(day('2060-12-31')), 'EOD_SESSION_INVALID');
      expectCode(() => calendar.next(day('2026-06-30'), 0), 'EOD_INTERNAL');
    });

    it('undo one another from any session, by any count', () => {
      fc.assert(
        fc.property(anySession, fc.integer({ min: 1, max: 15 }), (session, count) => {
          expect(calendar.next(calendar.previous(session, count), count)).to.equal(session);
          expect(calendar.previous(calendar.next(session, count), count)).to.equal(session);
        }),
      );
    });

    it('lead to sessions with none between, from any day', () => {
      fc.assert(
        fc.property(anyDay, (date) => {
          const [before, after] = [calendar.previous(date), calendar.next(date)];

          const expected = calendar.isSession(date) ? [before, date, after] : [before, after];
          expect(calendar.between(before, after)).to.deep.equal(expected);
          expect(expected.every((session) => calendar.isSession(session))).to.equal(true);
        }),
      );
    });
  });

  describe('nearest', () => {
    const cases: [string, string, string][] = [
      ['a session itself', '2026-06-30', '2026-06-30'],
      ['the Friday for a Saturday', '2026-06-27', '2026-06-26'],
      ['the Monday for a Sunday', '2026-06-28', '2026-06-29'],
      ['the earlier of two equally close', '2024-06-19', '2024-06-18'],
      ['the first session for a day long before it', '1995-05-05', '2001-01-02'],
      ['the last session for a day long after it', '2070-01-01', '2060-12-31'],
    ];
    for (const [what, date, nearest] of cases) {
      it(`is ${what}`, () => {
        expect(calendar.nearest(day(date))).to.equal(nearest);
      });
    }
  });

  describe('overrides', () => {
    it('close a day, shorten one and open one', () => {
      const changed = new TradingCalendar([
        { date: '2026-09-14', kind: 'closed', reason: 'Hurricane' },
        { date: '2026-10-09', kind: 'early-close', reason: 'power failure' },
        { date: '2026-11-26', kind: 'open', reason: 'trading on Thanksgiving' },
        { date: '2026-11-27', kind: 'open', reason: 'a full day after it' },
      ]);

      expect(changed.closedReason(day('2026-09-14'))).to.equal('Hurricane');
      expect(changed.next(day('2026-09-11'))).to.equal('2026-09-15');
      expect(changed.isEarlyClose(day('2026-10-09'))).to.equal(true);
      expect(changed.isSession(day('2026-11-26'))).to.equal(true);
      expect(changed.isEarlyClose(day('2026-11-27'))).to.equal(false);
    });

    it('apply in order, the last one for a date winning', () => {
      const changed = new TradingCalendar([
        { date: '2026-09-14', kind: 'closed', reason: 'Hurricane' },
        { date: '2026-09-14', kind: 'open', reason: 'it turned away' },
      ]);

      expect(changed.isSession(day('2026-09-14'))).to.equal(true);
    });

    it('change nothing where there is nothing to change', () => {
      const kinds = ['closed', 'early-close', 'open'] as const;
      const idle: CalendarOverride[] = [
        ...['2026-06-27', '1999-01-04', '2061-01-03', 'not a date'].flatMap((date) =>
          kinds.map((kind) => ({ date, kind, reason: 'a mistake' })),
        ),
        { date: '2026-11-26', kind: 'closed', reason: 'closed already' },
        { date: '2026-12-25', kind: 'early-close', reason: 'closed already' },
        { date: '2026-06-30', kind: 'open', reason: 'open already' },
      ];

      const changed = new TradingCalendar(idle);

      expect(changed.between(day('2001-01-01'), day('2060-12-31'))).to.deep.equal(
        calendar.between(day('2001-01-01'), day('2060-12-31')),
      );
      expect(changed.closedReason(day('2026-06-27'))).to.equal('a Saturday');
      expect(changed.closedReason(day('2026-11-26'))).to.equal('Thanksgiving Day');
      expect(changed.isEarlyClose(day('2026-12-25'))).to.equal(false);
    });
  });
});
