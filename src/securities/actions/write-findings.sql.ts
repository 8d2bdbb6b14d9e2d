import { arrayOf, date, instant, jsonb, numeric, orNull, text } from '../../db/column.js';
import { statement } from '../../db/statement.js';

const FOUND_ACTIONS = {
  session: date,
  at: instant,
  symbols: arrayOf(text),
  kinds: arrayOf(text),
  newShares: arrayOf(orNull(numeric)),
  oldShares: arrayOf(orNull(numeric)),
  amounts: arrayOf(orNull(numeric)),
  evidence: arrayOf(jsonb()),
} as const;

const FOUND = `
  unnest($3::text[], $4::text[], $5::numeric[], $6::numeric[], $7::numeric[], $8::jsonb[])
    as found (symbol, kind, new_shares, old_shares, amount_usd, evidence)`;

const IS_SAME = `
  a.symbol = found.symbol and a.kind = found.kind
  and (a.new_shares, a.old_shares, a.amount_usd) is not distinct from (found.new_shares, found.old_shares, found.amount_usd)`;

/** Supersedes the derived actions of a session that are not found again. Index: corporate_action_session_idx. */
export const END_DERIVED = statement({
  parameters: FOUND_ACTIONS,
  row: {},
  text: `
    update pipeline.corporate_action a set known_to = $2
    where a.session = $1 and a.source = 'derived' and a.known_to is null and not exists (select from ${FOUND} where ${IS_SAME})`,
});

/** Adds the derived actions of a session that are not known yet. Index: corporate_action_session_idx. */
export const ADD_DERIVED = statement({
  parameters: FOUND_ACTIONS,
  row: {},
  text: `
    insert into pipeline.corporate_action (symbol, session, kind, new_shares, old_shares, amount_usd, source, evidence, known_from)
    select found.symbol, $1, found.kind, found.new_shares, found.old_shares, found.amount_usd, 'derived', found.evidence, $2
    from ${FOUND}
    where not exists (select from pipeline.corporate_action a
                      where a.session = $1 and a.source = 'derived' and a.known_to is null and ${IS_SAME})`,
});

const FOUND_DOUBTS = {
  session: date,
  at: instant,
  symbols: arrayOf(text),
  reasons: arrayOf(text),
  evidence: arrayOf(jsonb()),
  proposals: arrayOf(orNull(jsonb())),
} as const;

const DOUBTS = `
  unnest($3::text[], $4::text[], $5::jsonb[], $6::jsonb[]) as found (symbol, reason, evidence, proposal)`;

const IS_SAME_DOUBT = `e.symbol = found.symbol and e.reason = found.reason and e.evidence = found.evidence`;

/** Supersedes the exceptions of a session whose evidence is not found again, decided ones included. Index: exception_current_key. */
export const END_DOUBTS = statement({
  parameters: FOUND_DOUBTS,
  row: {},
  text: `
    update pipeline.exception e set state = 'superseded', decided_by = null, decided_at = $2
    where e.kind = 'PRICE_MOVE' and e.session = $1 and e.state <> 'superseded' and not exists (select from ${DOUBTS} where ${IS_SAME_DOUBT})`,
});

/** Adds the exceptions of a session that are not known yet, and that no action entered by a person or a file explains. Index: exception_current_key. */
export const ADD_DOUBTS = statement({
  parameters: FOUND_DOUBTS,
  row: {},
  text: `
    insert into pipeline.exception (kind, symbol, session, reason, evidence, proposal, known_at)
    select 'PRICE_MOVE', found.symbol, $1, found.reason, found.evidence, found.proposal, $2
    from ${DOUBTS}
    where not exists (select from pipeline.exception e
                      where e.kind = 'PRICE_MOVE' and e.session = $1 and e.state <> 'superseded' and ${IS_SAME_DOUBT})
      and not exists (select from pipeline.corporate_action a
                      where a.symbol = found.symbol and a.session = $1 and a.source <> 'derived' and a.known_to is null)`,
});

/** Records that the prices of a session have been compared with those of another. Index: price_scan_pkey. */
export const MARK_SCANNED = statement({
  parameters: { session: date, previous: orNull(date), at: instant },
  row: {},
  text: `
    insert into pipeline.price_scan as scan (session, previous_session, scanned_at) values ($1, $2, $3)
    on conflict (session) do update set previous_session = excluded.previous_session, scanned_at = excluded.scanned_at
    where scan.previous_session is distinct from excluded.previous_session`,
});

/** Records the same of generated sessions, which are not compared: nothing in them is split. */
export const MARK_GENERATED = statement({
  parameters: { at: instant },
  row: {},
  text: `
    insert into pipeline.price_scan (session, scanned_at)
    select distinct date, $1::timestamptz from public.ohlcv_daily
    on conflict do nothing`,
});

/** Forgets what changed bars were compared with: the session itself, and the one after it. Index: price_scan_pkey. */
export const FORGET_SCANS = statement({
  parameters: { session: date },
  row: {},
  text: `
    delete from pipeline.price_scan where session = $1 or previous_session = $1`,
});
