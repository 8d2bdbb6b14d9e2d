import { sql, type Kysely } from 'kysely';
import { RUN_COMMENTS } from './comments/runs.js';
import { MARKET_COMMENTS } from './comments/market.js';
import { UNIVERSE_COMMENTS } from './comments/universes.js';

/** Comments by table: one on the table, one on each column. */
type TableComments = Readonly<
  Record<string, { readonly table: string; readonly columns: Readonly<Record<string, string>> }>
>;

/** What every table and column means, for readers who look at the database alone. Later migrations add the comments of what they add. */
const COMMENTS: TableComments = { ...RUN_COMMENTS, ...UNIVERSE_COMMENTS, ...MARKET_COMMENTS };

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [name, { table, columns }] of Object.entries(COMMENTS)) {
    await comment(db, `table pipeline.${name}`, table);
    for (const [column, text] of Object.entries(columns)) await comment(db, `column pipeline.${name}.${column}`, text);
  }
}

async function comment(db: Kysely<unknown>, object: string, text: string): Promise<void> {
  await sql.raw(`comment on ${object} is '${text.replaceAll("'", "''")}'`).execute(db);
}
