import { sql, type Kysely } from 'kysely';

/**
 * A security that changes its ticker is recorded as an event of the old one.
 *
 * `source_quote.listing_year`: the year of listing that a source states, so that a ticker first seen is not taken for a new listing. Null for
 * sessions of before.
 */
const STATEMENTS = [
  `alter table pipeline.symbol_event
    drop constraint symbol_event_event_check,
    add constraint symbol_event_event_check check (event in ('delisted', 'relisted', 'reused', 'renamed'))`,
  `alter table pipeline.source_quote add column listing_year smallint`,
  `comment on column pipeline.source_quote.listing_year is 'Year of listing that the source states. Null: none.'`,
  `comment on column pipeline.symbol_event.event is 'delisted, relisted, reused (another company under the ticker) or renamed (the security has another ticker).'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
