import { sql, type Kysely } from 'kysely';

/**
 * What lets an evening read recorded facts only, as a replay does.
 *
 * `source_quote.host_market_cap_usd`: what `symbols` said of a market cap where it differed from the source and from the session before, because a
 * host wrote it; 0 where a host cleared it. `market_cap_usd` is what the source said, and null where it said nothing. Sessions of before have what
 * they were computed from, so that a replay of them still gives the same.
 *
 * `fact_horizon`: up to which transaction `symbols` has been recorded, and the product's own transactions since, so that recording again costs one scan
 * and no comparison.
 *
 * `symbol_fact.shares` as a host has them: not every host counts whole shares.
 *
 * `hold.decided_automatically`: settled by a sync; `decided_by` is then the product's own name. `hold.keeps_published`: an earlier publish of the session
 * stands beside the hold.
 */
const STATEMENTS = [
  `alter table pipeline.source_quote add column host_market_cap_usd numeric`,
  `insert into pipeline.source_quote as q (session, symbol, host_market_cap_usd)
   select session, symbol, coalesce(raw_cap_usd, market_cap_usd)
   from pipeline.valuation
   where source = 'source_market_cap' and coalesce(raw_cap_usd, market_cap_usd) is not null
   on conflict (session, symbol) do update
   set host_market_cap_usd = excluded.host_market_cap_usd
   where q.market_cap_usd is null`,

  `alter table pipeline.symbol_fact alter column shares type numeric`,

  `create table pipeline.fact_horizon (
    is_only boolean primary key default true check (is_only),
    seen_before xid8 not null,
    recorded_by xid8[] not null,
    symbols bigint not null
  )`,

  `alter table pipeline.session_measure rename to session_stats`,
  `alter index pipeline.session_measure_pkey rename to session_stats_pkey`,
  `alter table pipeline.session_stats rename column quoted to with_previous_close`,
  `alter table pipeline.session_stats rename column agreeing to matching`,
  `alter table pipeline.session_stats rename column quoted_earlier to with_earlier_close`,
  `alter table pipeline.session_stats rename column agreeing_earlier to matching_earlier`,

  `alter table pipeline.hold
    add column decided_automatically boolean not null default false,
    add column keeps_published boolean not null default false`,

  `update pipeline.hold set decided_automatically = true where decided_by = 'tickstock'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
