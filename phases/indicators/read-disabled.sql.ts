import { text } from '../../src/db/column.js';
import { statement } from '../../src/db/statement.js';

/** Indicators that a host has switched off. */
export const READ_DISABLED = statement({
  parameters: {},
  row: { name: text },
  text: `
    select distinct d.name::text as name from public.indicator_definitions d
    where not coalesce(d.enabled, true) order by 1`,
});
