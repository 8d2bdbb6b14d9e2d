import { boolean, integer, orNull, text } from '../column.js';
import { statement } from '../statement.js';

/** What a server says of itself: its data folder, the process that owns it, and whether it has a database; one row. */
export const IDENTIFY_SERVER = statement({
  parameters: { ownerSetting: text, database: text },
  row: { cluster: text, owner: orNull(text), exists: boolean },
  text: `
    select current_setting('data_directory') as cluster,
           current_setting($1, true) as owner,
           exists (select from pg_database where datname = $2::text) as exists`,
});

/** Connections whose names begin with a prefix, other than one's own; at most one row. */
export const FIND_JOINERS = statement({
  parameters: { prefix: text, own: text },
  row: { pid: integer },
  text: `
    select pid from pg_stat_activity where starts_with(application_name, $1) and application_name <> $2 limit 1`,
});
