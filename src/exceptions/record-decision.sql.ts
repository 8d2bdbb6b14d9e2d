import { bigint, instant, text } from '../db/column.js';
import { statement } from '../db/statement.js';

const parameters = { id: bigint, before: text, state: text, at: instant, by: text };

/** Decides an open exception. Index: exception_pkey. */
export const DECIDE_OPEN = statement({
  parameters,
  row: {},
  text: `
    update pipeline.exception set state = $3, decided_at = $4, decided_by = $5
    where id = $1 and state = $2`,
});

/** Supersedes a decision, and records the new one as a row of its own. Index: exception_pkey. */
export const REPLACE_DECISION = statement({
  parameters,
  row: {},
  text: `
    with former as (
      update pipeline.exception set state = 'superseded' where id = $1 and state = $2
      returning kind, symbol, other, session, reason, evidence, proposal, known_at
    )
    insert into pipeline.exception (kind, symbol, other, session, reason, evidence, proposal, known_at, state, decided_at, decided_by)
    select kind, symbol, other, session, reason, evidence, proposal, known_at, $3, $4, $5 from former`,
});
