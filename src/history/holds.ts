import { PipelineError } from '../core/errors.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { toNumber } from '../db/tables.js';
import { READ_HOLD, READ_HOLDS, type HeldCandidate, type StoredCandidate } from './read-holds.sql.js';

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
  /** The first session since its universe was published last, and the sessions from then on. */
  readonly heldSince: SessionDate;
  readonly heldSessions: number;
}

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
  const rows = await READ_HOLDS.rows(database.pool, { state, session: session ?? null, limit });
  return rows.map(toRecord);
}

/** @throws EOD_HOLD_UNKNOWN */
export async function readHold(database: Database, id: number): Promise<HoldDetail> {
  const row = id <= MAX_ID ? await READ_HOLD.first(database.pool, { id }) : undefined;
  if (row === undefined) {
    throw new PipelineError('EOD_HOLD_UNKNOWN', `there is no hold ${id}`, {
      hint: '`tickstock holds --all`, or GET /api/holds?state=all, lists them',
    });
  }
  const { candidate, ...hold } = row;
  return { ...toRecord(hold), candidate: (candidate ?? []).map(toCandidate) };
}

/**
 * Ids of the open holds that are decided together with this one: those of its session and its universe, whatever their gate, as each of them
 * holds the same candidate.
 */
export async function readHoldGroup(database: Database, id: number): Promise<number[]> {
  const holds = await database.db
    .selectFrom('pipeline.hold as h')
    .innerJoin('pipeline.hold as asked', 'asked.session', 'h.session')
    .select('h.id')
    .where('asked.id', '=', id)
    .where('h.state', '=', 'open')
    .whereRef('h.universe_id', 'is not distinct from', 'asked.universe_id')
    .orderBy('h.id')
    .execute();
  return holds.map((hold) => hold.id);
}

/** The hold of the whole session that is in force: open, or rejected and not lifted since; an open one first. */
export async function readSessionHold(
  database: Database,
  session: SessionDate,
): Promise<Pick<HoldRecord, 'id' | 'state'> | undefined> {
  return database.db
    .selectFrom('pipeline.hold')
    .select(['id', 'state'])
    .where('session', '=', session)
    .where('universe_id', 'is', null)
    .where('state', '<>', 'approved')
    .where('lifted_at', 'is', null)
    .orderBy((eb) => eb('state', '=', 'open'), 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

type HoldRow = Omit<HoldRecord, 'measured' | 'threshold'> & {
  readonly measured: string | null;
  readonly threshold: string | null;
};

function toRecord({ measured, threshold, ...hold }: HoldRow): HoldRecord {
  const toNullable = (text: string | null): number | null => (text === null ? null : toNumber(text));
  return { ...hold, measured: toNullable(measured), threshold: toNullable(threshold) };
}

function toCandidate({ type, name, key, added, removed }: StoredCandidate): HeldCandidate {
  return { universe: `${type}/${name}/${key}`, added, removed };
}
