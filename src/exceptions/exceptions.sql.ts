import type { SessionDate } from '../core/session.js';
import { bigint, integer, jsonb, orNull, text, textOf } from '../db/column.js';
import { statement } from '../db/statement.js';
import type { ExceptionState } from './kind.js';

const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

/** Exceptions, open ones or all, newest session first, with the name of the security. Index: exception_open_idx, exception_pkey. */
export const READ_EXCEPTIONS = statement({
  parameters: { state: text, symbol: orNull(text), id: orNull(bigint), limit: integer },
  row: {
    id: bigint,
    kind: text,
    symbol: text,
    name: orNull(text),
    other: orNull(text),
    session: textOf<SessionDate>(),
    reason: text,
    evidence: jsonb<Readonly<Record<string, unknown>>>(),
    proposal: orNull(jsonb()),
    state: textOf<ExceptionState>(),
    knownAt: text,
    decidedAt: orNull(text),
    decidedBy: orNull(text),
  },
  text: `
    select e.id, e.kind, e.symbol, s.name::text as name, e.other, to_char(e.session, 'YYYY-MM-DD') as session, e.reason, e.evidence, e.proposal,
           e.state,
           to_char(e.known_at at time zone 'UTC', ${INSTANT}) as "knownAt",
           to_char(e.decided_at at time zone 'UTC', ${INSTANT}) as "decidedAt", e.decided_by as "decidedBy"
    from pipeline.exception e
    left join public.symbols s on s.symbol = e.symbol collate "default"
    where ($1 = 'all' or e.state = $1) and ($2::text is null or $2 in (e.symbol, e.other)) and ($3::bigint is null or e.id = $3)
    order by e.session desc, e.symbol, e.id desc
    limit $4::integer`,
});
