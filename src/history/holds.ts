import { sql } from 'kysely';
import { PipelineError } from '../core/errors.js';
import type { PreviewedUniverse } from '../core/preview.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { toNumber } from '../db/tables.js';

/** Something a gate held back. Of one universe or session there may be several, one a gate. Instants are ISO text in UTC. */
export interface HoldRecord {
  readonly id: number;
  readonly session: SessionDate;
  /** As it is asked for; null: the whole session is held. */
  readonly universe: string | null;
  readonly title: string | null;
  readonly gate: string;
  readonly measured: number | null;
  readonly threshold: number | null;
  /** Why, in one sentence. */
  readonly message: string;
  readonly state: 'open' | 'approved' | 'rejected';
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  readonly decisionReason: string | null;
  readonly createdAt: string;
  /** The run that found it last. */
  readonly runId: string;
  /** Memberships that approving it would begin and end. */
  readonly added: number;
  readonly removed: number;
}

/** What would be published of one universe. */
export type HeldCandidate = Omit<PreviewedUniverse, 'heldBy'>;

/** A hold with what approving it would publish. */
export interface HoldDetail extends HoldRecord {
  readonly candidate: readonly HeldCandidate[];
}

export interface HoldFilter {
  /** Default: `open`. */
  readonly state?: 'open' | 'all' | undefined;
  /** Default: every session. */
  readonly session?: SessionDate | undefined;
  readonly limit: number;
}

/** An `integer` of the database. */
const MAX_ID = 2 ** 31 - 1;

/** Holds, newest session first; in a session those of the whole session first, then by universe. */
export async function readHolds(
  database: Database,
  { state = 'open', session, limit }: HoldFilter,
): Promise<HoldRecord[]> {
  const { rows } = await sql<HoldRow>`
    ${HOLDS}
    where (${state}::text = 'all' or h.state = 'open') and (${session ?? null}::date is null or h.session = ${session ?? null}::date)
    order by h.session desc, h.universe_id nulls first, h.id
    limit ${limit}`.execute(database.db);
  return rows.map(toRecord);
}

/** @throws EOD_HOLD_UNKNOWN */
export async function readHold(database: Database, id: number): Promise<HoldDetail> {
  const found = id <= MAX_ID ? await sql<HoldRow>`${HOLDS} where h.id = ${id}`.execute(database.db) : { rows: [] };
  const [row] = found.rows;
  if (row === undefined) {
    throw new PipelineError('EOD_HOLD_UNKNOWN', `there is no hold ${id}`, {
      hint: '`tickstock holds --all`, or GET /api/holds?state=all, lists them',
    });
  }
  const { rows } = await sql<{ candidate: StoredCandidate[] | null }>`
    select candidate from pipeline.hold where id = ${id}`.execute(database.db);
  const candidate = rows[0]?.candidate ?? [];
  return { ...toRecord(row), candidate: candidate.map(toCandidate) };
}

/**
 * Ids of the open holds that are decided together with this one: those of its session and its universe, whatever their gate, as each of them
 * holds the same candidate.
 */
export async function readHoldGroup(database: Database, id: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select h.id from pipeline.hold h
    join pipeline.hold asked on asked.id = ${id}
    where h.state = 'open' and h.session = asked.session and h.universe_id is not distinct from asked.universe_id
    order by h.id`.execute(database.db);
  return rows.map((row) => row.id);
}

/** The hold of the whole session that is in force: open, or rejected and not lifted since; an open one first. */
export async function readSessionHold(
  database: Database,
  session: SessionDate,
): Promise<Pick<HoldRecord, 'id' | 'state'> | undefined> {
  const { rows } = await sql<Pick<HoldRecord, 'id' | 'state'>>`
    select id, state from pipeline.hold
    where session = ${session}::date and universe_id is null and state <> 'approved' and lifted_at is null
    order by state = 'open' desc, id
    limit 1`.execute(database.db);
  return rows[0];
}

interface StoredCandidate extends Omit<HeldCandidate, 'universe'> {
  readonly type: string;
  readonly name: string;
  readonly key: string;
}

type HoldRow = Omit<HoldRecord, 'measured' | 'threshold'> & {
  readonly measured: string | null;
  readonly threshold: string | null;
};

const iso = (column: string): string => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const sum = (list: string): string =>
  `(select coalesce(sum(jsonb_array_length(c -> '${list}')), 0)::int from jsonb_array_elements(h.candidate) c)`;

/** A hold of before candidates were kept has none, and no sentence either. */
const HOLDS = sql.raw(`
  select h.id, to_char(h.session, 'YYYY-MM-DD') as session, coalesce(n.universe, u.name || '/' || u.key) as universe, u.title,
         h.gate, h.measured::text, h.threshold::text, coalesce(h.message, h.gate) as message, h.state,
         h.decided_by as "decidedBy", ${iso('h.decided_at')} as "decidedAt", nullif(h.decision_reason, '') as "decisionReason",
         ${iso('h.created_at')} as "createdAt", h.run_id as "runId", ${sum('added')} as added, ${sum('removed')} as removed
  from pipeline.hold h
  left join pipeline.universe u on u.id = h.universe_id
  left join pipeline.named_universes() n on n.id = h.universe_id`);

function toRecord({ measured, threshold, ...hold }: HoldRow): HoldRecord {
  const toNullable = (text: string | null): number | null => (text === null ? null : toNumber(text));
  return { ...hold, measured: toNullable(measured), threshold: toNullable(threshold) };
}

function toCandidate({ type, name, key, added, removed }: StoredCandidate): HeldCandidate {
  return { universe: `${type}/${name}/${key}`, added, removed };
}
