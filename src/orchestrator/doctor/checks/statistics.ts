import { FIND_STALE_STATISTICS } from '../statistics.sql.js';
import type { Check } from '../check.js';

export const statistics: Check = {
  id: 'statistics',
  title: 'the planner knows how large the tables are',
  async find({ parts }) {
    const stale = await FIND_STALE_STATISTICS.rows(parts.database.pool, {});
    const [first] = stale;
    if (first === undefined) return undefined;
    return {
      problem: `statistics of ${stale.map(({ table }) => table).join(', ')} are out of date; queries may take minutes instead of milliseconds`,
      fix: `analyze ${first.table}, and likewise the others; check that autovacuum is on`,
    };
  },
};
