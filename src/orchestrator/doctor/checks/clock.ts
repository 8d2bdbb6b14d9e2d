import { sql } from 'kysely';
import type { Check } from '../check.js';

const TOLERATED_MS = 5000;

/** When something became known is stored by the clock of the process: two hosts that disagree would order it wrongly. */
export const clock: Check = {
  id: 'clock',
  title: 'the clocks of this process and of the database agree',
  async find({ parts }) {
    const before = parts.clock.now();
    const { databaseMs } = await parts.database.db
      .selectNoFrom(sql<number>`(extract(epoch from clock_timestamp()) * 1000)::float8`.as('databaseMs'))
      .executeTakeFirstOrThrow();
    const skewMs = databaseMs - (before + parts.clock.now()) / 2;
    if (Math.abs(skewMs) <= TOLERATED_MS) return undefined;
    return {
      problem: `the clock of the database is ${(Math.abs(skewMs) / 1000).toFixed(0)} s ${skewMs > 0 ? 'ahead of' : 'behind'} that of this process`,
      fix: 'synchronise both with NTP: timedatectl set-ntp true',
    };
  },
};
