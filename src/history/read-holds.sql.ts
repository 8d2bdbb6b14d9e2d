import type { PreviewedUniverse } from '../core/preview.js';
import type { SessionDate } from '../core/session.js';
import { bigint, date, integer, jsonb, orNull, text, textOf, uuid } from '../db/column.js';
import { statement } from '../db/statement.js';
import { isoText } from './iso-text.js';

/** What would be published of one universe. */
export type HeldCandidate = Omit<PreviewedUniverse, 'heldBy'>;

/** As it is stored. */
export interface StoredCandidate extends Omit<HeldCandidate, 'universe'> {
  readonly type: string;
  readonly name: string;
  readonly key: string;
}

const HOLD = {
  id: integer,
  session: textOf<SessionDate>(),
  universe: orNull(text),
  title: orNull(text),
  gate: text,
  measured: orNull(text),
  threshold: orNull(text),
  message: text,
  state: textOf<'open' | 'approved' | 'rejected'>(),
  decidedBy: orNull(text),
  decidedAt: orNull(text),
  decisionReason: orNull(text),
  createdAt: text,
  runId: uuid,
  added: integer,
  removed: integer,
  heldSince: textOf<SessionDate>(),
  heldSessions: integer,
};

const sum = (list: string): string =>
  `(select coalesce(sum(jsonb_array_length(c -> '${list}')), 0)::int from jsonb_array_elements(h.candidate) c)`;

/** Memberships that approving a hold `h` would begin and end. */
export const CANDIDATE_SIZE = `${sum('added')} as added, ${sum('removed')} as removed`;

const DONE = `phase = 'cache-sync' and status in ('completed', 'completed_with_holds')`;

/** The sessions that a hold `h` has lasted: those since the newest one in which its universe was published. Index: phase_run_done_idx. */
export const HELD_SESSIONS = `
  cross join lateral (
    select to_char(min(done.session), 'YYYY-MM-DD') as "heldSince", count(distinct done.session)::int as "heldSessions"
    from pipeline.phase_run done
    where ${DONE} and done.session <= h.session and done.session > coalesce((
      select max(published.session) from pipeline.phase_run published
      where ${DONE} and published.session < h.session and not exists (
        select from pipeline.hold other
        where other.session = published.session and other.state <> 'approved' and other.lifted_at is null
          and (other.universe_id is null or other.universe_id = h.universe_id))), '-infinity')
  ) as held`;

/** A hold of before candidates were kept has none, and no sentence either. */
const COLUMNS = `h.id, to_char(h.session, 'YYYY-MM-DD') as session, coalesce(n.universe, u.name || '/' || u.key) as universe, u.title,
         h.gate, h.measured::text, h.threshold::text, coalesce(h.message, h.gate) as message, h.state,
         h.decided_by as "decidedBy", ${isoText('h.decided_at')} as "decidedAt", nullif(h.decision_reason, '') as "decisionReason",
         ${isoText('h.created_at')} as "createdAt", h.run_id as "runId", ${CANDIDATE_SIZE},
         held."heldSince", held."heldSessions"`;

const HOLDS = `from pipeline.hold h
  left join pipeline.universe u on u.id = h.universe_id
  left join pipeline.named_universes() n on n.id = h.universe_id
  ${HELD_SESSIONS}`;

/**
 * Holds, newest session first; in a session those of the whole session first, then by universe.
 *
 * Parameters: `state` `open` or `all`; `session` null for every session.
 * Index:      hold_open_idx for the open ones.
 */
export const READ_HOLDS = statement({
  parameters: { state: text, session: orNull(date), limit: bigint },
  row: HOLD,
  text: `
    select ${COLUMNS}
    ${HOLDS}
    where ($1::text = 'all' or h.state = 'open') and ($2::date is null or h.session = $2::date)
    order by h.session desc, h.universe_id nulls first, h.id
    limit $3`,
});

/** One hold with what approving it would publish. Index: hold_pkey. */
export const READ_HOLD = statement({
  parameters: { id: integer },
  row: { ...HOLD, candidate: orNull(jsonb<readonly StoredCandidate[]>()) },
  text: `
    select ${COLUMNS}, h.candidate
    ${HOLDS}
    where h.id = $1`,
});
