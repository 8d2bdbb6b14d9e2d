import { arrayOf, date, integer, jsonb, orNull, text, textOf } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import type { CacheType } from '../universes/rule.js';

/**
 * The newest published order of universes up to a session.
 *
 * Result: one row per universe with a selection. `symbols` is null where members are in rank order.
 * Index:  selection_pkey.
 */
export const READ_ORDERS = statement({
  parameters: { universeIds: arrayOf(integer), session: date },
  row: { id: integer, symbols: orNull(arrayOf(text)) },
  text: `
    select distinct on (universe_id) universe_id as id, symbols
    from pipeline.selection
    where universe_id = any ($1) and session <= $2
    order by universe_id, session desc`,
});

/** The stored rules of universes. Index: universe_pkey. */
export const READ_UNIVERSES = statement({
  parameters: { ids: arrayOf(integer) },
  row: {
    id: integer,
    type: text,
    name: text,
    key: text,
    title: text,
    cacheType: textOf<CacheType>(),
    policy: jsonb<Readonly<Record<string, unknown>>>(),
  },
  text: `
    select id, type, name, key, title, cache_type as "cacheType", policy from pipeline.universe where id = any ($1)`,
});
