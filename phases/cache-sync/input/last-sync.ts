import type { PoolClient } from 'pg';
import { PipelineError } from '../../../src/core/errors.js';
import { RUN_MODES, type RunMode } from '../../../src/core/run-mode.js';
import type { SessionDate } from '../../../src/core/session.js';
import { COMPLETED } from '../../../src/db/completed.js';
import { kyselyOn } from '../../../src/db/kysely-on.js';
import { sessionText } from '../../../src/db/portable-columns.js';
import type { UniverseIdentity } from '../universes/rule.js';
import { MODE_TASKS } from '../modes.js';
import { READ_LAST_SYNCS } from './read-last-syncs.sql.js';

/** A completed cache sync, the newest of its mode. */
export interface LastSync {
  readonly session: SessionDate;
  readonly mode: RunMode;
  readonly inputHash: string | null;
  readonly counters: Readonly<Record<string, number>>;
  /** Its warnings, valid as long as nothing changes. */
  readonly leftOut: readonly string[];
  readonly unknownThemeSymbols: readonly string[];
}

/** The last completed sync of each mode: of its newest session, and of several attempts the last. The newest of all comes first. */
export async function readLastSyncs(client: PoolClient): Promise<LastSync[]> {
  return READ_LAST_SYNCS.rows(client, { modes: RUN_MODES });
}

/**
 * The sync that a sync with this input would only repeat; undefined when there is something to do.
 *
 * Edges: the last sync of every task of the mode must have had this input, in any mode: a full sync after a themes sync with another input
 *        is not a repetition, even if the last full sync had the same input.
 * @param last newest first, as `readLastSyncs` returns them
 */
export function findRepeated(
  last: readonly LastSync[],
  mode: RunMode,
  session: SessionDate,
  inputHash: string,
): LastSync | undefined {
  const tasks = MODE_TASKS[mode];
  const isDone = tasks.every((task) => {
    const newest = last.find((sync) => MODE_TASKS[sync.mode].includes(task));
    return newest?.session === session && newest.inputHash === inputHash;
  });
  return isDone ? last.find((sync) => tasks.every((task) => MODE_TASKS[sync.mode].includes(task))) : undefined;
}

/** @throws EOD_PHASE_NEEDS: a partial sync needs a full one first */
export function assertFullSynced(session: SessionDate, mode: RunMode, last: readonly LastSync[]): void {
  if (mode === 'full') return;
  const full = last.find((sync) => sync.mode === 'full');
  if (full?.session === session) return;
  const newest = full === undefined ? 'there is none at all' : `the newest one is of ${full.session}`;
  throw new PipelineError(
    'EOD_PHASE_NEEDS',
    `cache sync in mode ${mode} needs a full one first, which has not completed for ${session}: ${newest}`,
    { hint: `run \`tickstock run --session ${session} --phase cache-sync\``, context: { mode, newest: full?.session } },
  );
}

/** What is held for a session, a universe or the session itself, including rejected holds, in the order found; each gate once. */
export async function readHeld(client: PoolClient, session: SessionDate): Promise<HeldNow[]> {
  const newest = kyselyOn(client)
    .selectFrom('pipeline.hold')
    .distinctOn(['universe_id', 'gate'])
    .select(['id', 'universe_id', 'gate', 'message'])
    .where('session', '=', session)
    .where('state', '<>', 'approved')
    .where('lifted_at', 'is', null)
    .orderBy('universe_id')
    .orderBy('gate')
    .orderBy('id', 'desc');
  const held = await kyselyOn(client)
    .selectFrom(newest.as('h'))
    .leftJoin('pipeline.universe as u', 'u.id', 'h.universe_id')
    .select(['u.type', 'u.name', 'u.key', 'h.gate', 'h.message'])
    .orderBy('h.universe_id', (order) => order.asc().nullsFirst())
    .orderBy('h.id')
    .execute();
  return held.map(({ type, name, key, gate, message }) => ({
    universe: type === null || name === null || key === null ? null : { type, name, key },
    gate,
    message: message ?? '',
  }));
}

/** The subject of a hold: a universe, or (null) the session as a whole. */
export interface HeldNow {
  readonly universe: UniverseIdentity | null;
  readonly gate: string;
  readonly message: string;
}

/** The newest session that import or cache sync has completed, and which of the two; undefined before the first. */
export async function readNewestSession(
  client: PoolClient,
): Promise<{ readonly session: SessionDate; readonly phase: string } | undefined> {
  return kyselyOn(client)
    .selectFrom('pipeline.phase_run')
    .select([sessionText('session').as('session'), 'phase'])
    .where('phase', 'in', ['import', 'cache-sync'])
    .where('status', 'in', COMPLETED)
    .orderBy('pipeline.phase_run.session', 'desc')
    .orderBy('ordinal', 'desc')
    .limit(1)
    .executeTakeFirst();
}
