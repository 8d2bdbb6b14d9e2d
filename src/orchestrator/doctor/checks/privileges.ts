import { FIND_MISSING_PRIVILEGES } from '../privileges.sql.js';
import type { Check } from '../check.js';

export const privileges: Check = {
  id: 'privileges',
  title: 'this user may write every table that a run writes',
  async find({ parts }) {
    const missing = await FIND_MISSING_PRIVILEGES.rows(parts.database.pool, {});
    const [first] = missing;
    if (first === undefined) return undefined;
    const tables = missing.map(({ table }) => table);
    return {
      problem: `this user may not write ${tables.slice(0, 5).join(', ')}${tables.length > 5 ? ` and ${tables.length - 5} more` : ''}`,
      fix: 'an owner of the database runs what `tickstock db grants --role USER` prints',
    };
  },
};
