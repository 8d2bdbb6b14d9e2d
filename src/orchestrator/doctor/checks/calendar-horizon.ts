import { CHECKED_THROUGH } from '../../../core/calendar.js';
import type { Check } from '../check.js';

const DAY_MS = 86_400_000;
const WANTED_DAYS = 180;

export const calendarHorizon: Check = {
  id: 'calendar-horizon',
  title: 'the holidays of the next half year are checked',
  find({ nowMs }) {
    const days = Math.floor((Date.parse(CHECKED_THROUGH) - nowMs) / DAY_MS);
    if (days >= WANTED_DAYS) return Promise.resolve(undefined);
    return Promise.resolve({
      problem: `the holidays are checked until ${CHECKED_THROUGH}, ${days < 0 ? 'which is over' : `in ${days} days`}; later ones follow the rules of the exchange`,
      fix: 'update tickstock-daily; until then enter what the exchange announces: tickstock calendar close DATE',
    });
  },
};
