import { describeSkew, readDatabaseClock, TOLERATED_SKEW_MS } from '../../../db/database-clock.js';
import type { Check } from '../check.js';

/** What became known when is stored by the clock of the database; the logs, and a host that brings its own clock, go by another one. */
export const clock: Check = {
  id: 'clock',
  title: 'the clocks of this process and of the database agree',
  async find({ parts }) {
    const before = parts.processClock.now();
    const databaseMs = await readDatabaseClock(parts.database);
    const skewMs = databaseMs - (before + parts.processClock.now()) / 2;
    if (Math.abs(skewMs) <= TOLERATED_SKEW_MS) return undefined;
    return { problem: describeSkew(skewMs), fix: 'synchronise both with NTP: timedatectl set-ntp true' };
  },
};
