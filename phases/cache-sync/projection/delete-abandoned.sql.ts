import { arrayOf, boolean, integer, orNull, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import type { CacheLayout } from './layout.js';
import { toProjectionSql } from './projection-sql.js';

/** Whether the row `p` recorded for the universe `u` must be deleted; `$1` to `$4` are the kept rows. */
function isAbandoned(isRetired: string): string {
  return `u.id = p.universe_id
         and (${isRetired}
              or p.universe_id = any ($1::int[])
                 and not exists (select from unnest($1::int[], $2::text[], $3::text[], $4::text[]) as kept (universe_id, type, name, key)
                                 where kept.universe_id = p.universe_id and kept.type = p.type and kept.name = p.name and kept.key = p.key))`;
}

/**
 * Deletes rows of retired universes, and rows that a universe no longer has, such as the one under a theme's former title.
 *
 * Parameters: the kept rows (`listKept`), parallel lists.
 * Edges:      only rows that this product has written are ever deleted; held universes, which are not among the published ones, keep all
 *             their rows.
 */
export function deleteAbandonedOf(layout: CacheLayout) {
  const { isAt } = toProjectionSql(layout);
  return statement({
    parameters: {
      universes: arrayOf(orNull(integer)),
      types: arrayOf(text),
      names: arrayOf(text),
      keys: arrayOf(text),
    },
    row: {},
    text: `
    with gone as (
      delete from pipeline.projection p
      using pipeline.universe u
      where ${isAbandoned(`u.retired_session is not null`)}
      returning p.type, p.name, p.key
    )
    delete from public.cache_entries c
    using gone
    where ${isAt('gone')}`,
  });
}

/** The rows that would be deleted if the universes in `retired` (`type/name/key`) were retired too, by place; whether the row exists. */
export function readAbandonedOf(layout: CacheLayout) {
  const { isAt } = toProjectionSql(layout);
  return statement({
    parameters: {
      universes: arrayOf(orNull(integer)),
      types: arrayOf(text),
      names: arrayOf(text),
      keys: arrayOf(text),
      retired: arrayOf(text),
    },
    row: { type: text, name: text, key: text, universe: text, isThere: boolean },
    text: `
    select p.type, p.name, p.key, concat_ws('/', u.type, u.name, u.key) as universe,
           exists (select from public.cache_entries c where ${isAt('p')}) as "isThere"
    from pipeline.projection p
    join pipeline.universe u on ${isAbandoned(
      `(u.retired_session is not null and (u.id = any ($1::int[])) is not true) or concat_ws('/', u.type, u.name, u.key) = any ($5)`,
    )}
    order by 1, 2, 3`,
  });
}
