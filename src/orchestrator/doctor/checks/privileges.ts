import { FIND_MISSING_PRIVILEGES, FIND_ROW_SECURITY } from '../privileges.sql.js';
import type { Check, Finding } from '../check.js';

const LISTED = 5;

export const privileges: Check = {
  id: 'privileges',
  title: 'this user may write every table that a run writes',
  async find({ parts }) {
    const missing = await FIND_MISSING_PRIVILEGES.rows(parts.database.pool, {});
    const [first] = missing;
    if (first === undefined) return findHidden(await FIND_ROW_SECURITY.rows(parts.database.pool, {}));
    return {
      problem: `this user may not write ${list(missing)}`,
      fix: 'an owner of the database runs what `tickstock db grants --role USER` prints',
    };
  },
};

function findHidden(hidden: readonly { readonly table: string }[]): Finding | undefined {
  const [first] = hidden;
  if (first === undefined) return undefined;
  return {
    problem: `row-level security may hide rows of ${list(hidden)} from this user: a symbol that is not seen counts as delisted`,
    fix: `create policy tickstock on ${first.table} to USER using (true) with check (true)`,
  };
}

function list(tables: readonly { readonly table: string }[]): string {
  const names = tables.slice(0, LISTED).map(({ table }) => table);
  return `${names.join(', ')}${tables.length > LISTED ? ` and ${tables.length - LISTED} more` : ''}`;
}
