import { sql, type Kysely } from 'kysely';

/** Columns of `symbols` whose values another program maintains. */
const STATEMENTS = [
  `create table pipeline.host_fact (
     column_name text primary key,
     noted_at timestamptz not null default now()
   )`,
  `comment on table pipeline.host_fact is 'Columns of symbols that held values when the tables were adopted: what they hold is kept, and what is empty is filled.'`,
  `comment on column pipeline.host_fact.column_name is 'Column of symbols.'`,
  `comment on column pipeline.host_fact.noted_at is 'When it was noted. UTC.'`,
];

/** Facts that an import would otherwise replace. Type, exchange, dates and figures decide memberships: they are the source's. */
const FACTS = ['name', 'sector', 'industry', 'country', 'etf_type', 'issuer', 'underlying_index'];
const FIGURES = ['aum_millions', 'expense_ratio', 'inception_date'];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  const { rows: runs } = await sql`select from pipeline.run limit 1`.execute(db);
  // With a run the values are those of imports, which later ones replace.
  if (runs.length > 0) return;
  for (const column of [...FACTS, ...FIGURES]) {
    const has = FACTS.includes(column) ? `${column} <> ''` : `${column} is not null`;
    await sql
      .raw(
        `insert into pipeline.host_fact (column_name) select '${column}' where exists (select from public.symbols where ${has})`,
      )
      .execute(db);
  }
}
