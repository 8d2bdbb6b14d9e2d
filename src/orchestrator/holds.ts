import { PipelineError } from '../core/errors.js';
import type { HoldApproval, Phase } from '../core/phase.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { kyselyOn } from '../db/kysely-on.js';
import { readHold, readHoldGroup, readSessionHold, type HoldDetail } from '../history/history.js';
import { readNewestSession } from './newest-session.js';
import type { RunStore } from './run/run-store.js';

/** Who decides on a hold and why, for the audit. */
export interface HoldDecision {
  readonly by: string;
  readonly reason?: string | undefined;
}

/**
 * What a run needs to publish a hold, together with the other open holds of the same universe (or of the same session): they hold the same
 * candidate.
 * @throws EOD_HOLD_UNKNOWN
 * @throws EOD_HOLD_SETTLED when it is already decided, or its session is no longer the newest
 */
export async function planApproval(
  database: Database,
  { store, phases }: { readonly store: RunStore; readonly phases: readonly Phase[] },
  id: number,
  { by, reason = '' }: HoldDecision,
): Promise<{ readonly session: SessionDate; readonly phases: readonly string[]; readonly approval: HoldApproval }> {
  const hold = await readHold(database, id);
  assertOpen(hold);
  const newest = await readNewestSession(store);
  if (newest !== undefined && newest > hold.session) {
    throw new PipelineError(
      'EOD_HOLD_SETTLED',
      `hold ${id} is of session ${hold.session}, and ${newest} has been imported since`,
      {
        hint: `run cache sync for ${newest}: data that is still wrong is held again; correct a past session with \`tickstock backfill --from ${hold.session}\``,
        context: { hold: id, session: hold.session, newest },
      },
    );
  }
  if (hold.universe !== null) await assertSessionFree(database, hold);
  const { session } = hold;
  const later = hold.universe === null ? await findCompletedAfter(PUBLISHES, phases, store, session) : [];
  return { session, phases: [PUBLISHES, ...later], approval: { holds: await readHoldGroup(database, id), by, reason } };
}

/** The phase that gates hold, and that an approval runs. */
const PUBLISHES = 'cache-sync';

/** The phases that need another one and have completed for a session: they left its bars out while it was held. */
async function findCompletedAfter(
  need: string,
  phases: readonly Phase[],
  store: RunStore,
  session: SessionDate,
): Promise<string[]> {
  const completed: string[] = [];
  for (const { id, needs } of phases)
    if (needs.includes(need) && (await store.hasCompleted(id, session))) completed.push(id);
  return completed;
}

/**
 * Rejects a hold, together with the other open holds of the same universe (or of the same session): the published members are kept.
 *
 * @returns the ids that were open
 * @throws EOD_HOLD_UNKNOWN
 * @throws EOD_HOLD_SETTLED when it is already decided
 */
export async function rejectHold(
  database: Database,
  id: number,
  { by, reason = '', signal }: HoldDecision & { readonly signal?: AbortSignal | undefined },
  at: Date,
): Promise<readonly number[]> {
  assertOpen(await readHold(database, id));
  const rejected = await database.transaction(({ client }) => {
    const asked = kyselyOn(client).selectFrom('pipeline.hold').select(['session', 'universe_id']).where('id', '=', id);
    return kyselyOn(client)
      .updateTable('pipeline.hold as h')
      .from(asked.as('asked'))
      .set({ state: 'rejected', decided_by: by, decided_at: at, decision_reason: reason === '' ? null : reason })
      .where('h.state', '=', 'open')
      .whereRef('h.session', '=', 'asked.session')
      .whereRef('h.universe_id', 'is not distinct from', 'asked.universe_id')
      .returning('h.id')
      .execute();
  }, signal);
  if (rejected.length > 0) return rejected.map((hold) => hold.id).toSorted((left, right) => left - right);
  // Another decision was committed between the check and the update.
  throw settled(await readHold(database, id));
}

/** While a whole session is held, a single universe of it cannot be approved. */
async function assertSessionFree(database: Database, { id, session, universe }: HoldDetail): Promise<void> {
  const above = await readSessionHold(database, session);
  if (above === undefined) return;
  throw new PipelineError(
    'EOD_HOLD_SETTLED',
    `hold ${id} is of ${universe}, and the whole session ${session} is held as well: hold ${above.id} is ${above.state}`,
    {
      hint: above.state === 'open' ? `decide on hold ${above.id} first` : 'run cache sync again with corrected input',
      context: { hold: id, session, above: above.id },
    },
  );
}

function assertOpen(hold: HoldDetail): void {
  if (hold.state !== 'open') throw settled(hold);
}

function settled({ id, state, decidedBy, decidedAt }: HoldDetail): PipelineError {
  const when = decidedAt === null ? '' : ` on ${decidedAt.slice(0, 10)}`;
  return new PipelineError('EOD_HOLD_SETTLED', `hold ${id} was ${state} by ${decidedBy ?? 'unknown'}${when}`, {
    hint: '`tickstock holds`, or GET /api/holds, lists the open ones',
    context: { hold: id, state },
  });
}
