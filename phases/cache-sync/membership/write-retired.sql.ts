import { arrayOf, date, integer, orNull } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** Sets the retirement session of universes; parallel lists, null for a universe that is not retired. Index: universe_pkey. */
export const WRITE_RETIRED = statement({
  parameters: { ids: arrayOf(integer), sessions: arrayOf(orNull(date)) },
  row: {},
  text: `
    update pipeline.universe u set retired_session = changed.session
    from unnest($1::int[], $2::date[]) as changed (id, session)
    where u.id = changed.id`,
});
