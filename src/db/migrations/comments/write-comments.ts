import { sql, type Kysely } from 'kysely';

/** Comments by table: one on the table, one on each column. */
export type TableComments = Readonly<
  Record<string, { readonly table: string; readonly columns: Readonly<Record<string, string>> }>
>;

/** Writes what tables and columns mean, for readers who look at the database alone. */
export async function writeComments(db: Kysely<unknown>, comments: TableComments): Promise<void> {
  for (const [name, { table, columns }] of Object.entries(comments)) {
    await comment(db, `table pipeline.${name}`, table);
    for (const [column, text] of Object.entries(columns)) await comment(db, `column pipeline.${name}.${column}`, text);
  }
}

async function comment(db: Kysely<unknown>, object: string, text: string): Promise<void> {
  await sql.raw(`comment on ${object} is '${text.replaceAll("'", "''")}'`).execute(db);
}
