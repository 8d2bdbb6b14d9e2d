import { FIND_BROKEN_MEMBERSHIPS } from '../memberships.sql.js';
import type { Check } from '../check.js';

export const memberships: Check = {
  id: 'memberships',
  title: 'memberships do not overlap, and agree with their audit',
  async find({ parts }) {
    const found = await FIND_BROKEN_MEMBERSHIPS.first(parts.database.pool, {});
    if (found === undefined) return undefined;
    return {
      problem: `${found.symbol} in ${found.universe}: ${found.problem}`,
      fix: 'a program other than this one has changed pipeline.membership: restore it from a backup, or tickstock backfill --from the session before',
    };
  },
};
