import { LAST_DAY } from '../../../core/calendar.js';
import type { Check } from '../check.js';

const DAY_MS = 86_400_000;
const WANTED_DAYS = 180;

export const calendarHorizon: Check = {
  id: 'calendar-horizon',
  title: 'the trading calendar covers the next half year',
  find({ nowMs }) {
    const days = Math.floor((Date.parse(LAST_DAY) - nowMs) / DAY_MS);
    if (days >= WANTED_DAYS) return Promise.resolve(undefined);
    return Promise.resolve({
      problem: `the trading calendar ends on ${LAST_DAY}, in ${days} days`,
      fix: 'update tickstock-daily',
    });
  },
};
