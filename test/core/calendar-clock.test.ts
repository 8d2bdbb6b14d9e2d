import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import { TradingCalendar } from '../../src/core/calendar.js';
import { parseSessionDate } from '../../src/core/session.js';
import { expectCode } from './expect-code.js';

const day = parseSessionDate;
const calendar = new TradingCalendar();

const anyInstant = fc.integer({ min: Date.UTC(2001, 1, 1), max: Date.UTC(2030, 10, 30) });

describe('TradingCalendar', () => {
  describe('lastClosed', () => {
    const cases: [string, string, string][] = [
      ['the day itself at the bell', '2026-06-30T20:00:00.000Z', '2026-06-30'],
      ['the day before until the bell', '2026-06-30T19:59:59.999Z', '2026-06-29'],
      ['the day itself at 13:00 when short', '2025-07-03T17:00:00.000Z', '2025-07-03'],
      ['still the day when UTC is a day further', '2026-07-01T03:59:00.000Z', '2026-06-30'],
      ['the Thursday all through a long weekend', '2026-07-06T13:00:00.000Z', '2026-07-02'],
    ];
    for (const [what, now, session] of cases) {
      it(`is ${what}`, () => {
        expect(calendar.lastClosed(Date.parse(now))).to.equal(session);
      });
    }

    it('is the newest session closed at any instant', () => {
      fc.assert(
        fc.property(anyInstant, (nowMs) => {
          const session = calendar.lastClosed(nowMs);

          expect(calendar.closeAt(session)).to.be.at.most(nowMs);
          expect(calendar.closeAt(calendar.next(session))).to.be.above(nowMs);
        }),
      );
    });

    it('refuses a clock outside 2001-2060 instead of naming a stale session', () => {
      expectCode(() => calendar.lastClosed(Date.parse('2061-01-03T22:00:00Z')), 'EOD_SESSION_INVALID');
      expectCode(() => calendar.lastClosed(0), 'EOD_SESSION_INVALID');
    });
  });

  describe('assertClosedSession', () => {
    const nowMs = Date.parse('2026-06-30T19:00:00Z');
    const refusals: [string, string, string, string][] = [
      ['a weekend', '2026-06-20', 'EOD_SESSION_INVALID', '2026-06-18'],
      ['a holiday', '2026-05-25', 'EOD_SESSION_INVALID', '2026-05-26'],
      ['a day before 2001', '1999-05-05', 'EOD_SESSION_INVALID', '2001-01-02'],
      ['a weekend to come, naming a session that has closed', '2027-01-02', 'EOD_SESSION_INVALID', '2026-06-29'],
      ['a session still open', '2026-06-30', 'EOD_SESSION_FUTURE', '2026-06-29'],
      ['a session to come', '2026-12-31', 'EOD_SESSION_FUTURE', '2026-06-29'],
    ];
    for (const [what, date, code, named] of refusals) {
      it(`refuses ${what}`, () => {
        const error = expectCode(() => calendar.assertClosedSession(day(date), nowMs), code);

        expect(error.message).to.contain(date);
        expect(error.hint).to.contain(named);
      });
    }

    it('accepts a session once it has closed', () => {
      calendar.assertClosedSession(day('2026-06-29'), nowMs);
      calendar.assertClosedSession(day('2026-06-30'), Date.parse('2026-06-30T20:00:00Z'));
    });
  });

  it('answers the same in every time zone of the machine', function () {
    const answers = ['UTC', 'Pacific/Kiritimati', 'America/Los_Angeles'].map(answersUnder);

    expect(answers[0]).to.have.property('offsetMinutes', 0);
    expect(answers[1]).to.deep.equal({ ...answers[0], offsetMinutes: -840 });
    expect(answers[2]).to.deep.equal({ ...answers[0], offsetMinutes: 480 });
    expect(answers[0]).to.have.property('lastClosed', '2026-06-30');
  });
});

/** Runs the calendar in a process of its own, since a zone read when a module loads would not notice a later change. */
function answersUnder(timeZone: string): Record<string, unknown> {
  const script = `
    const { TradingCalendar } = await import('./src/core/calendar.ts');
    const calendar = new TradingCalendar();
    const sessions = calendar.between('2001-01-01', '2060-12-31');
    console.log(JSON.stringify({
      offsetMinutes: new Date(2026, 0, 1).getTimezoneOffset(),
      sessions,
      closes: sessions.filter((_, index) => index % 5 === 0).map((session) => calendar.closeAt(session)),
      lastClosed: calendar.lastClosed(Date.parse('2026-07-01T03:59:00Z')),
      nearest: calendar.nearest('2026-06-28'),
      reason: calendar.closedReason('2026-07-05'),
    }));`;
  const output = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, TZ: timeZone },
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  return JSON.parse(output) as Record<string, unknown>;
}
