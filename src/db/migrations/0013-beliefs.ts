import { sql, type Kysely } from 'kysely';

/** Why a market cap is not believed, what was believed before, decisions about single figures; feeds that are late. */
const STATEMENTS = [
  `alter table pipeline.valuation
    add column doubt text,
    add column count_since date,
    add column former_counts jsonb`,
  `comment on column pipeline.valuation.doubt is
    'Why the raw market cap is not believed: SHARE_COUNT, SPLIT_LAG, PRICE_MOVE, FIRST_FIGURE, WITHDRAWN. Null: it is.'`,
  `comment on column pipeline.valuation.count_since is
    'Session since which its share count, market cap by close, has been believed. Null: not known, or for longer than it is remembered.'`,
  `comment on column pipeline.valuation.former_counts is
    'Share counts that were believed lately, each [shares, last session], in shares of this session. Null: none.'`,
  `alter table pipeline.session_stats add column is_late boolean not null default false`,
  `comment on column pipeline.session_stats.is_late is 'Whether this part of the feed was a day late in the session.'`,
  `alter table pipeline.exception
    drop constraint exception_kind_check,
    add constraint exception_kind_check check (kind in ('PRICE_MOVE', 'RENAME', 'SAME_COMPANY', 'MARKET_CAP')),
    drop constraint exception_other_check,
    add constraint exception_other_check check ((kind in ('PRICE_MOVE', 'MARKET_CAP')) = (other is null))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
