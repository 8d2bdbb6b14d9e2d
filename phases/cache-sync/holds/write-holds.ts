import type { PoolClient } from 'pg';
import type { HoldApproval } from '../../../src/core/phase.js';
import type { SessionDate } from '../../../src/core/session.js';
import { toJsonb } from '../../../src/db/jsonb.js';
import { kyselyOn } from '../../../src/db/kysely-on.js';
import type { Hold } from '../membership/compare-memberships.js';
import { idOf, type Publication } from '../membership/publication.js';
import { toUniverseName } from '../universes/select-universes.js';
import { settledError } from './approve-holds.js';
import { hashCandidate } from './hold-back.js';
import { LIFT_REJECTED_HOLDS, SETTLE_OPEN_HOLDS } from './settle-holds.sql.js';
import { UPSERT_HOLDS } from './upsert-holds.sql.js';

/** The parts of a publish that decide about holds. */
export interface HoldWrite extends Publication {
  readonly inputHash: string;
  /** Published by force: open holds are approved by the trigger of the run. */
  readonly force: boolean;
  readonly approval?: HoldApproval | undefined;
  /** Ids of the universes whose holds may be settled by a partial sync; null for all, including the whole session. */
  readonly scope: readonly number[] | null;
  /** Whether no later session has been published: only then a hold can still be decided. */
  readonly isNewest: boolean;
  /** Whether an earlier publish of the universe, or of the session, remains valid beside its hold. */
  keepsPublished(universe: string | null): boolean;
}

/** A hold that was not open before. */
export interface OpenedHold extends Hold {
  readonly id: number;
  readonly session: SessionDate;
}

/** A hold with the id of its universe. */
type HoldRow = Hold & { readonly universeId: number | null };

/**
 * Makes exactly the given holds those in force for the session; all others are settled, never deleted.
 *
 * | before | found again | not found |
 * |---|---|---|
 * | open, or settled by a later session | refreshed: it shows what would be published now | lifted; approved, where the run was forced |
 * | rejected by a person | in force for the same input and candidate; for others open again, in the newest session | lifted |
 * | none of these | a new one, open | |
 *
 * Open holds of earlier sessions are settled by every later session: they stay in force. A decision of a person is valid for its input and
 * candidate.
 *
 * @returns those that were not open before
 */
export async function writeHolds(
  client: PoolClient,
  holds: readonly Hold[],
  write: HoldWrite,
): Promise<readonly OpenedHold[]> {
  if (write.approval) await approve(client, write.approval, write);
  const found = holds.map((hold): HoldRow => ({ ...hold, universeId: hold.universe && idOf(hold.universe, write) }));
  await settle(client, found, write);
  const rows = await withoutSessionHolds(client, found, write);
  if (rows.length === 0) return [];
  const column = <Value>(pick: (row: HoldRow) => Value): Value[] => rows.map(pick);
  const opened = await UPSERT_HOLDS.rows(client, {
    runId: write.runId,
    session: write.session,
    at: write.at,
    inputHash: write.inputHash,
    universes: column((row) => row.universeId),
    gates: column((row) => row.gate),
    measured: column((row) => row.measured),
    thresholds: column((row) => row.threshold),
    messages: column((row) => row.message),
    candidates: column((row) => toJsonb(row.candidate)),
    candidateHashes: column((row) => hashCandidate(row.candidate)),
    isNewest: write.isNewest,
    keepsPublished: column((row) => write.keepsPublished(row.universe && toUniverseName(row.universe))),
  });
  return opened.flatMap(({ id, universeId, gate }) => {
    const hold = rows.find((row) => row.universeId === universeId && row.gate === gate);
    return hold === undefined ? [] : [{ ...hold, id, session: write.session }];
  });
}

/** @throws EOD_HOLD_SETTLED when one was rejected after it was read: nothing is published then */
async function approve(client: PoolClient, { holds, by, reason }: HoldApproval, write: HoldWrite): Promise<void> {
  const approved = await kyselyOn(client)
    .updateTable('pipeline.hold')
    .set({ state: 'approved', decided_by: by, decided_at: write.at, decision_reason: reason })
    .where('id', '=', (eb) => eb.fn.any(eb.val(holds)))
    .where('state', '=', 'open')
    .executeTakeFirst();
  if (Number(approved.numUpdatedRows) !== holds.length) throw settledError(holds, write.session);
}

/** A held session keeps its hold when only a part of it is synced again: the changes of the part are not what would be published of the session. */
async function withoutSessionHolds(
  client: PoolClient,
  rows: readonly HoldRow[],
  { session, scope }: HoldWrite,
): Promise<readonly HoldRow[]> {
  if (scope === null || rows.every((row) => row.universeId !== null)) return rows;
  const held = await kyselyOn(client)
    .selectFrom('pipeline.hold')
    .select('id')
    .where('session', '=', session)
    .where('universe_id', 'is', null)
    .where('state', '<>', 'approved')
    .where('lifted_at', 'is', null)
    .limit(1)
    .execute();
  return held.length === 0 ? rows : rows.filter((row) => row.universeId !== null);
}

/** Settles the open holds of earlier sessions; lifts those of this session that this attempt did not find again. */
async function settle(client: PoolClient, rows: readonly HoldRow[], write: HoldWrite): Promise<void> {
  const { session, at, force, runId, scope, inputHash } = write;
  const found = { universes: rows.map((row) => row.universeId), gates: rows.map((row) => row.gate) };
  await SETTLE_OPEN_HOLDS.write(client, { session, at, ...found, scope, force, runId, inputHash });
  await LIFT_REJECTED_HOLDS.write(client, { session, at, ...found, scope });
}
