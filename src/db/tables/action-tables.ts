import { bigint, date, instant, jsonb, numeric, orNull, text, withDefault, type TableDeclarations } from '../column.js';

/** Corporate actions and exceptions. */
export const ACTION_TABLES = {
  'pipeline.corporate_action': {
    id: withDefault(bigint),
    symbol: text,
    session: date,
    kind: text,
    new_shares: orNull(numeric),
    old_shares: orNull(numeric),
    amount_usd: orNull(numeric),
    source: text,
    entered_by: orNull(text),
    evidence: withDefault(jsonb()),
    known_from: instant,
    known_to: orNull(instant),
    withdrawn_by: orNull(text),
  },
  'pipeline.exception': {
    id: withDefault(bigint),
    kind: text,
    symbol: text,
    other: orNull(text),
    session: date,
    reason: text,
    evidence: jsonb(),
    proposal: orNull(jsonb()),
    state: withDefault(text),
    known_at: instant,
    decided_at: orNull(instant),
    decided_by: orNull(text),
  },
  'pipeline.price_scan': {
    session: date,
    previous_session: orNull(date),
    scanned_at: instant,
  },
} as const satisfies TableDeclarations;
