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

/** A trigger time that was missed is made up for this long; after that the evening is over, and a person decides. */
const CATCH_UP_MS = 6 * 3_600_000;
/** How long a run waits for what may pass by itself: another run under way, a source file that is not there yet. */
const RETRY_MS = 30 * 60_000;
/** A run begins seconds after its slot is claimed. One that has not within this time never will: its process is gone. */
const CLAIM_MS = 10 * 60_000;
/** A run whose process died or was stopped is begun again; should it be the run that kills the process, that must have an end. */
const MAX_ATTEMPTS = 3;

/** A slot that this process may run now. */
export interface ClaimedSlot {
  readonly session: SessionDate;
  /** Since when its run is due, milliseconds since the epoch. */
  readonly dueMs: number;
}

/** A slot with what became of it; the reason says why its session was not run. */
export interface SlotOutcome {
  readonly session: SessionDate;
  readonly state: 'due' | 'claimed' | 'completed' | 'skipped';
  readonly reason: string | null;
}

/**
 * Slots in `pipeline.slot`: at most one automatic run a session, over every process on the database.
 *
 * `due`: to be run, or to be run again, or waiting for another run to end. `claimed`: a process is beginning its run, or that run (`run_id`) is under way.
 * `completed`: its run has completed. `skipped`: the schedule did not run the session or its run did not complete; the reason says why.
 */
export class SlotStore {
  /** @param phases every phase of the pipeline: a session that all of them have completed needs no run */
  constructor(
    private readonly database: Database,
    private readonly phases: readonly string[],
  ) {}

  /**
   * Writes down how the runs of claimed slots ended.
   *
   * Edges: a run whose process died, or that ended only because its service stopped (`context.reason` of its error), leaves its slot due. A run
   *        that is ending at this moment is waited for (`for share`): its lock may be gone before its end is visible here.
   */
  async settle(at: Date): Promise<SlotOutcome[]> {
    return SETTLE_SLOTS.rows(this.database.pool, { at, maxAttempts: MAX_ATTEMPTS });
  }

  /**
   * Takes a moment's slot, unless another process has it or it is done.
   * @returns the slot to run; or what became of it, when this call decided that it is not run; or undefined, when there was nothing to decide
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
      // After a run that was cut short the wait starts again: no service may have run since.
      return { session, dueMs: slot.run === null ? Math.max(slot.since, atMs) : nowMs };
    });
  }

  /**
   * Notes the run that a claimed slot has led to.
   *
   * Edges: a slot that waited so long for its run that another process skipped it or claimed it is taken back; one that has completed, or
   *        has led to another run meanwhile, keeps what it says.
   */
  async assign(session: SessionDate, runId: string, at: Date): Promise<void> {
    await updateSlot(this.database.db, session)
      .set({ state: 'claimed', run_id: runId, reason: null, updated_at: at })
      .where('state', '<>', 'completed')
      .where((eb) => eb.or([eb('run_id', 'is', null), eb('run_id', '=', runId)]))
      .execute();
  }

  /**
   * Gives a claimed slot back whose run could not begin: due again for as long as waiting may help, else skipped.
   *
   * Edges: what a service refuses because it stops is for the next one, however long the slot has waited.
   */
  async release({ session, dueMs }: ClaimedSlot, error: PipelineError, nowMs: number): Promise<SlotOutcome> {
    const mayPass = error.code === 'EOD_STOPPING' || (error.retryable && nowMs - dueMs < RETRY_MS);
    const state = mayPass ? 'due' : 'skipped';
    const reason = toStorableText(`${error.code}: ${error.message}`);
    // Should another process have taken over in the meantime and its run have begun, the slot is that run's.
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
    const tooLate = `not begun within ${CATCH_UP_MS / 3_600_000} hours of its trigger time, ${new Date(atMs).toISOString()}`;
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

/** The claiming process may have died, or lost the database, after its run began and before it could note that: the run counts. */
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
