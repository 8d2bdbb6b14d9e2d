import { sql, type Kysely } from 'kysely';

/** Bars of sessions that are held as a whole are marked. */
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

  `comment on column pipeline.exception.kind is
    'PRICE_MOVE: a price moved like that of a split, and no action explains it. RENAME: a newcomer is probably a security that left. SAME_COMPANY: two stocks may be classes of one company. MARKET_CAP: a market cap is not believed.'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
