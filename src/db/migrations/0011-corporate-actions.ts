import { sql, type Kysely } from 'kysely';
import { ACTION_COMMENTS } from './comments/actions.js';
import { writeComments } from './comments/write-comments.js';

/**
 * Corporate actions, and the price moves that nobody has explained.
 *
 * A row of both is keyed by the ticker that the security had in the session: ticker and session together name one security.
 *
 * `price_scan`: the sessions whose prices have been compared with those before; the import removes the rows of what it changes.
 */
const STATEMENTS = [
  `create table pipeline.corporate_action (
    id bigint generated always as identity primary key,
    symbol text collate "C" not null,
    session date not null,
    kind text not null check (kind in
      ('split', 'stock_dividend', 'unit_change', 'cash_dividend', 'spin_off', 'distribution', 'merger', 'none')),
    new_shares numeric check (new_shares > 0),
    old_shares numeric check (old_shares > 0),
    amount_usd numeric check (amount_usd > 0),
    source text not null check (source in ('derived', 'file', 'person')),
    entered_by text,
    evidence jsonb not null default '{}',
    known_from timestamptz not null,
    known_to timestamptz,
    withdrawn_by text,
    check ((kind in ('split', 'stock_dividend', 'unit_change')) = (new_shares is not null)),
    check ((new_shares is null) = (old_shares is null)),
    check (kind not in ('cash_dividend', 'distribution') or amount_usd is not null),
    check ((source = 'derived') = (entered_by is null))
  )`,
  `create unique index corporate_action_known_key on pipeline.corporate_action (symbol, session, kind, source) where known_to is null`,
  `create index corporate_action_session_idx on pipeline.corporate_action (session)`,

  `create table pipeline.exception (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('PRICE_MOVE')),
    symbol text collate "C" not null,
    session date not null,
    reason text not null,
    evidence jsonb not null,
    proposal jsonb,
    state text not null default 'open' check (state in ('open', 'approved', 'rejected', 'superseded')),
    known_at timestamptz not null,
    decided_at timestamptz,
    decided_by text,
    check ((state in ('approved', 'rejected')) = (decided_by is not null))
  )`,
  `create unique index exception_current_key on pipeline.exception (kind, symbol, session) where state <> 'superseded'`,
  `create index exception_open_idx on pipeline.exception (session) where state = 'open'`,

  `create table pipeline.price_scan (
    session date primary key,
    previous_session date,
    scanned_at timestamptz not null
  )`,

  // The rows of a person or a file take the place of derived ones of the same session.
  `create function pipeline.share_factors(known_at timestamptz default 'infinity')
  returns table (symbol text, session date, factor numeric, kind text)
  language sql stable
  begin atomic
    select distinct on (a.symbol, a.session) a.symbol, a.session, a.old_shares / a.new_shares, a.kind
    from pipeline.corporate_action a
    where a.known_from <= share_factors.known_at and (a.known_to is null or a.known_to > share_factors.known_at)
      and a.kind in ('split', 'stock_dividend', 'unit_change', 'none')
    order by a.symbol, a.session, (a.source = 'derived'), a.id desc;
  end`,

  `comment on function pipeline.share_factors is
    'By what closes before a session count after it: one row a security and session, as known at a time. none: a person says that nothing happened.'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  await writeComments(db, ACTION_COMMENTS);
}
