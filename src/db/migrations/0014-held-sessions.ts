import { sql, type Kysely } from 'kysely';

/** Bars of sessions that are held as a whole are marked; ETFs rank by assets. */
const STATEMENTS = [
  `create view pipeline.held_session as
    select distinct session from pipeline.hold where universe_id is null and state <> 'approved' and lifted_at is null`,
  `comment on view pipeline.held_session is
    'Sessions that are held as a whole and neither approved nor corrected since: their bars are not used.'`,
  `comment on column pipeline.held_session.session is 'Session.'`,
  `create index hold_session_idx on pipeline.hold (session) where universe_id is null and state <> 'approved' and lifted_at is null`,

  // The rest of the function stays. Its columns change, which `create or replace` refuses.
  `do $$
  declare
    definition text := pg_get_functiondef('pipeline.bars(text, date, date, text, timestamptz)'::regprocedure);
    changed text := replace(replace(definition, ', exception bigint)', ', exception bigint, is_held boolean)'),
      'e.state = ''open'')', 'e.state = ''open''), exists (select from pipeline.held_session h where h.session = b.date)');
  begin
    if changed not like '%is_held boolean)%' or changed not like '%pipeline.held_session%' then
      raise exception 'pipeline.bars is not the one of this product';
    end if;
    drop function pipeline.bars(text, date, date, text, timestamptz);
    execute changed;
  end $$`,
  `comment on function pipeline.bars is
    'Bars of the security that had a ticker last, under every ticker it had, adjusted to its newest shares: none, split, or total (dividends too), as known at a time. is_held: of a session that is held, so that indicators leave it out.'`,

  // In `why`, the assets of the ETFs at the limits; the rest of the function stays.
  `do $$
  declare
    definition text := pg_get_functiondef('pipeline.why(text, text, date)'::regprocedure);
    changed text := replace(definition, $old$'dollar_volume_usd', v.dollar_volume_usd) as body$old$,
      $new$'dollar_volume_usd', v.dollar_volume_usd, 'assets_usd', (
        select round(f.aum_millions * 1000000) from pipeline.symbol_fact f
        where f.symbol = v.symbol and f.valid_from <= v.session and (f.valid_to is null or f.valid_to > v.session))) as body$new$);
  begin
    if changed = definition then raise exception 'pipeline.why is not the one of this product'; end if;
    execute changed;
  end $$`,
  `comment on column pipeline.valuation.etf_rank is 'Rank among active ETFs, from 1: by assets, those of unknown assets after them by dollar volume.'`,

  `comment on column pipeline.exception.kind is
    'PRICE_MOVE: a price moved like that of a split, and no action explains it. RENAME: a newcomer is probably a security that left. SAME_COMPANY: two stocks may be classes of one company. MARKET_CAP: a market cap is not believed.'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
