import { sql, type Kysely } from 'kysely';
import type { PipelineError } from '../../core/errors.js';
import type { SessionDate } from '../../core/session.js';
import { COMPLETED } from '../../db/completed.js';
import type { Database } from '../../db/database.js';
import { toStorableText } from '../../db/jsonb.js';
import { kyselyOn } from '../../db/kysely-on.js';
import { epochMs } from '../../db/portable-columns.js';
import type { Tables } from '../../db/tables.js';
import { SETTLE_SLOTS } from './settle-slots.sql.js';
import type { TriggerMoment } from './trigger-times.js';

/** A missed trigger time is caught up for this long; later a person decides. */
const CATCH_UP_MS = 6 * 3_600_000;
/** Time to retry a run that is refused for a transient reason: another run, a source file that has not arrived. */
const RETRY_MS = 30 * 60_000;
/** A run starts seconds after its slot is claimed. A claim without a run after this time belongs to a dead process. */
const CLAIM_MS = 10 * 60_000;
/** A run whose process died or was stopped is restarted; the limit ends a loop of runs that kill their process. */
const MAX_ATTEMPTS = 3;

/** A slot that this process may run now. */
export interface ClaimedSlot {
  readonly session: SessionDate;
  /** When its run became due, milliseconds since the epoch. */
  readonly dueMs: number;
}

/** A slot and its outcome; the reason says why its session was not run. */
export interface SlotOutcome {
  readonly session: SessionDate;
  readonly state: 'due' | 'claimed' | 'completed' | 'skipped';
  readonly reason: string | null;
}

/**
 * Slots in `pipeline.slot`: at most one automatic run per session, over all processes on the database.
 *
 * `due`: to be run, to be run again, or waiting for another run to end. `claimed`: a process is starting its run, or that run (`run_id`) is
 * running.
 * `completed`: its run has completed. `skipped`: the schedule did not run the session, or its run did not complete; the reason says why.
 */
export class SlotStore {
  /** @param phases every phase of the pipeline: a session that all of them have completed needs no run */
  constructor(
    private readonly database: Database,
    private readonly phases: readonly string[],
  ) {}

  /**
   * Stores how the runs of claimed slots ended.
   *
   * Edges: a run whose process died, or that ended only because its service stopped (`context.reason` of its error), makes its slot due
   *        again.
   */
  async settle(at: Date): Promise<SlotOutcome[]> {
    return SETTLE_SLOTS.rows(this.database.pool, { at, maxAttempts: MAX_ATTEMPTS });
  }

  /**
   * Claims the slot of a trigger time, unless another process has claimed it or it is settled.
   * @returns the slot to run; or its outcome, when this call decided that it is not run; or undefined, when there was nothing to decide
   */
  async claim({ session, atMs }: TriggerMoment, nowMs: number): Promise<ClaimedSlot | SlotOutcome | undefined> {
    const at = new Date(nowMs);
    return this.database.transaction(async ({ client }) => {
      const db = kyselyOn(client);
      await skipEarlier(db, session, at, new Date(nowMs - CLAIM_MS));
      await db
        .insertInto('pipeline.slot')
        .values({ pipeline: 'daily', session, state: 'due', updated_at: at })
        .onConflict((conflict) => conflict.columns(['pipeline', 'session']).doNothing())
        .execute();
      const slot = await db
        .selectFrom('pipeline.slot')
        .select(['state', 'reason', 'run_id as run', epochMs('updated_at').as('since')])
        .where('pipeline', '=', 'daily')
        .where('session', '=', session)
        .forUpdate()
        .executeTakeFirst();
      const isAbandoned = slot?.state === 'claimed' && slot.run === null && nowMs - slot.since >= CLAIM_MS;
      if (slot === undefined || (slot.state !== 'due' && !isAbandoned)) return undefined;
      if (isAbandoned && (await adoptRun(db, session, new Date(slot.since)))) return undefined;
      const reason = await this.reasonToSkip(db, { session, atMs }, slot.reason, nowMs);
      await updateSlot(db, session)
        .set({ state: reason === null ? 'claimed' : 'skipped', reason, run_id: null, updated_at: at })
        .execute();
      if (reason !== null) return { session, state: 'skipped', reason };
      // After an interrupted run the wait starts again: the service may have been down since.
      return { session, dueMs: slot.run === null ? Math.max(slot.since, atMs) : nowMs };
    });
  }

  /**
   * Stores the run that a claimed slot has led to.
   *
   * Edges: a slot that waited so long for its run that another process skipped or claimed it is taken back; one that has completed, or has
   *        another run by then, is left unchanged.
   */
  async assign(session: SessionDate, runId: string, at: Date): Promise<void> {
    await updateSlot(this.database.db, session)
      .set({ state: 'claimed', run_id: runId, reason: null, updated_at: at })
      .where('state', '<>', 'completed')
      .where((eb) => eb.or([eb('run_id', 'is', null), eb('run_id', '=', runId)]))
      .execute();
  }

  /**
   * Releases a claimed slot whose run could not start: due again while a retry may help, else skipped.
   *
   * Edges: a run refused because the service is stopping is left to the next service, however long the slot has waited.
   */
  async release({ session, dueMs }: ClaimedSlot, error: PipelineError, nowMs: number): Promise<SlotOutcome> {
    const mayPass = error.code === 'EOD_STOPPING' || (error.retryable && nowMs - dueMs < RETRY_MS);
    const state = mayPass ? 'due' : 'skipped';
    const reason = toStorableText(`${error.code}: ${error.message}`);
    // If another process has taken over in the meantime and started its run, the slot belongs to that run.
    await updateSlot(this.database.db, session)
      .set({ state, reason, updated_at: new Date(state === 'due' ? dueMs : nowMs) })
      .where('state', '=', 'claimed')
      .where('run_id', 'is', null)
      .execute();
    return { session, state, reason };
  }

  private async reasonToSkip(
    db: Kysely<Tables>,
    { session, atMs }: TriggerMoment,
    earlier: string | null,
    nowMs: number,
  ): Promise<string | null> {
    const completed = await db
      .selectFrom('pipeline.phase_run as p')
      .innerJoin('pipeline.run as r', 'r.id', 'p.run_id')
      .select(['p.phase', 'r.trigger', 'r.id'])
      .where('p.session', '=', session)
      .where('p.phase', '=', (eb) => eb.fn.any(eb.val(this.phases)))
      .where('p.status', 'in', COMPLETED)
      .orderBy('p.finished_at', 'desc')
      .execute();
    const [newest] = completed;
    if (newest !== undefined && new Set(completed.map(({ phase }) => phase)).size === this.phases.length)
      return `already completed, by ${newest.trigger} run ${newest.id}`;
    if (nowMs - atMs < CATCH_UP_MS) return null;
    const tooLate = `not started within ${CATCH_UP_MS / 3_600_000} hours of its trigger time, ${new Date(atMs).toISOString()}`;
    return earlier === null ? tooLate : `${earlier}; ${tooLate}`;
  }
}

function updateSlot(db: Kysely<Tables>, session: SessionDate) {
  return db.updateTable('pipeline.slot').where('pipeline', '=', 'daily').where('session', '=', session);
}

/** Skips the slots of earlier sessions that are due, or whose claim led to no run by `claimedBefore`. */
async function skipEarlier(db: Kysely<Tables>, session: SessionDate, at: Date, claimedBefore: Date): Promise<void> {
  await db
    .updateTable('pipeline.slot')
    .set({
      state: 'skipped',
      updated_at: at,
      reason: sql<string>`coalesce(reason || '; ', '') || 'not completed before the next trigger time'`,
    })
    .where('pipeline', '=', 'daily')
    .where('session', '<', session)
    .where((eb) =>
      eb.or([
        eb('state', '=', 'due'),
        eb.and([eb('state', '=', 'claimed'), eb('run_id', 'is', null), eb('updated_at', '<=', claimedBefore)]),
      ]),
    )
    .execute();
}

/** The claiming process may have died, or lost the database, between the start of its run and storing it: the run counts. */
async function adoptRun(db: Kysely<Tables>, session: SessionDate, since: Date): Promise<boolean> {
  const begun = await db
    .selectFrom('pipeline.run')
    .select('id')
    .where('session', '=', session)
    .where('trigger', '=', 'automatic')
    .where('started_at', '>=', since)
    .orderBy('fence', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (begun === undefined) return false;
  await updateSlot(db, session).set({ run_id: begun.id }).execute();
  return true;
}
