import type { SessionDate } from '../../../core/session.js';
import { LIST_BAR_DAYS } from '../bar-days.sql.js';
import type { Check } from '../check.js';

export const barsOnClosedDays: Check = {
  id: 'bars-on-closed-days',
  title: 'no bars are of a day on which the market was closed',
  async find({ parts: { database, calendar } }) {
    const days = await LIST_BAR_DAYS.rows(database.pool, {});
    const closed = days.find(({ day }) => !calendar.isSession(day as SessionDate));
    if (closed === undefined) return undefined;
    return {
      problem: `ohlcv_daily has bars of ${closed.day}: ${calendar.closedReason(closed.day as SessionDate) ?? 'no session'}`,
      fix: `delete from ohlcv_daily where date = '${closed.day}'; or, if the market was open, add it to config/calendar.yaml`,
    };
  },
};
