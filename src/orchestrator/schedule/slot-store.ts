import type { Kysely } from 'kysely';
import type { PipelineError } from '../../core/errors.js';
import type { EventDraft, StatementRunner } from '../../core/phase.js';
import type { SessionDate } from '../../core/session.js';
import { statusesBefore } from '../../core/transitions.js';
import { COMPLETED, selectCompleted } from '../../db/completed.js';
import type { Database } from '../../db/database.js';
import { toStorableText } from '../../db/jsonb.js';
import { kyselyOn } from '../../db/kysely-on.js';
import { epochMs, sessionText } from '../../db/portable-columns.js';
import type { Tables } from '../../db/tables.js';
import { sessionVerdict } from '../../events/catalogue/index.js';
import { draftEvent } from '../../events/event.js';
import { appendToOutbox } from '../../events/outbox.js';
import { afterRefusal, isOverdue, MAX_ATTEMPTS, toRetryAt, type SchedulePolicy, type SlotOutcome } from './policy.js';
import { SETTLE_SLOTS } from './settle-slots.sql.js';
import { SLOT_TRANSITIONS, type SlotStatus } from './slot-transitions.js';
import type { TriggerMoment } from './trigger-times.js';

/** A run starts seconds after its slot is claimed. A claim without a run after this time belongs to a dead process. */
const CLAIM_MS = 10 * 60_000;
/** The phase that publishes a session. */
const PUBLISHES = 'cache-sync';
const NO_LONGER_DUE = 'not completed before the sessions after it were due';

/** A slot that this process may run now. */
export interface ClaimedSlot extends TriggerMoment {
  /** With this one. */
  readonly tries: number;
}

/** A slot of a session, as far as it decides what is next. */
export interface SlotState {
  readonly session: SessionDate;
  readonly state: SlotStatus;
}

/**
 * Slots in `pipeline.slot`: at most one automatic run per session, over all processes on the database.
 *
 * `due`: to be run, to be run again, or waiting for another run to end. `claimed`: a process is starting its run, or that run (`run_id`) is
 * running.
 * `completed`: its run has completed. `skipped`: the session was completed before. `missed`: it was not completed in time; the reason says why.
 */
export class SlotStore {
  /** @param phases every phase of the pipeline: a session that all of them have completed needs no run */
  constructor(
    private readonly database: Database,
    private readonly phases: readonly string[],
    private readonly policy: SchedulePolicy,
  ) {}

  /**
   * Stores how the runs of claimed slots ended.
   *
   * Edges: a run whose process died, or that ended only because its service stopped (`context.reason` of its error), makes its slot due
   *        again; one that failed for want of its source, or for a reason that may pass, does until the wait is over.
   */
  async settle(at: Date): Promise<SlotOutcome[]> {
    const { waitMs } = this.policy;
    return this.database.transaction(async ({ client }) => {
      const settled = await SETTLE_SLOTS.rows(client, { at, maxAttempts: MAX_ATTEMPTS, waitSeconds: waitMs / 1000 });
      for (const { tries, dueAt, ...outcome } of settled)
        if (dueAt !== null) await this.announce(client, outcome, { dueMs: dueAt.getTime(), tries, at });
      return settled.map(({ session, state, reason }) => ({ session, state, reason }));
    });
  }

  /**
   * Announces sessions that are due and have become late: not begun, or missed, `lateMs` after their trigger time. Each is announced once.
   * @returns them
   */
  async announceLate(due: readonly TriggerMoment[], nowMs: number): Promise<readonly SessionDate[]> {
    const late = due.filter(({ atMs }) => nowMs - atMs >= this.policy.lateMs);
    if (late.length === 0) return [];
    const at = new Date(nowMs);
    return this.database.transaction(async ({ client }) => {
      const found = await kyselyOn(client)
        .updateTable('pipeline.slot')
        .set({ late_at: at })
        .where('pipeline', '=', 'daily')
        .where(
          'session',
          'in',
          late.map(({ session }) => session),
        )
        .where('state', 'in', ['due', 'missed'])
        .where('late_at', 'is', null)
        .returning([sessionText('session').as('session'), 'state', 'reason'])
        .execute();
      const dueMs = new Map(late.map(({ session, atMs }) => [session, atMs]));
      const drafts = found.map(({ session, state, reason }) => {
        const outcome = { session, state: state === 'missed' ? 'missed' : 'due', reason } as const;
        return this.draft(outcome, dueMs.get(session) ?? nowMs, nowMs);
      });
      await appendToOutbox(client, null, drafts, at);
      return found.map(({ session }) => session);
    });
  }

  /** The slots of the given sessions that exist. */
  async read(sessions: readonly SessionDate[]): Promise<readonly SlotState[]> {
    if (sessions.length === 0) return [];
    const rows = await this.database.db
      .selectFrom('pipeline.slot')
      .select([sessionText('session').as('session'), 'state'])
      .where('pipeline', '=', 'daily')
      .where('session', 'in', [...sessions])
      .execute();
    return rows as readonly SlotState[];
  }

  /**
   * Claims the slot of a trigger time, unless another process has claimed it or it is settled.
   * @param passedOver why the session is not to be run at all, where a later one is preferred
   * @returns the slot to run; or its outcome, when this call decided that it is not run; or undefined, when there was nothing to decide
   */
  async claim(
    { session, atMs }: TriggerMoment,
    nowMs: number,
    passedOver: string | null = null,
  ): Promise<ClaimedSlot | SlotOutcome | undefined> {
    const at = new Date(nowMs);
    return this.database.transaction(async ({ client }) => {
      const db = kyselyOn(client);
      await db
        .insertInto('pipeline.slot')
        .values({ pipeline: 'daily', session, state: 'due', updated_at: at, due_at: new Date(atMs) })
        .onConflict((conflict) => conflict.columns(['pipeline', 'session']).doNothing())
        .execute();
      const slot = await db
        .selectFrom('pipeline.slot')
        .select([
          'state',
          'run_id as run',
          'tries',
          epochMs('updated_at').as('since'),
          epochMs('retry_at').as('retryMs'),
        ])
        .where('pipeline', '=', 'daily')
        .where('session', '=', session)
        .forUpdate()
        .executeTakeFirst();
      const isAbandoned = slot?.state === 'claimed' && slot.run === null && nowMs - slot.since >= CLAIM_MS;
      if (slot === undefined || SLOT_TRANSITIONS[slot.state as SlotStatus].claim === null) return undefined;
      if (slot.state === 'claimed' && !isAbandoned) return undefined;
      if (isAbandoned && (await adoptRun(db, session, new Date(slot.since)))) return undefined;
      const outcome = await this.decide(db, { session, atMs }, { nowMs, tries: slot.tries, passedOver });
      if (outcome === undefined && ((slot.retryMs as number | null) ?? 0) > nowMs) return undefined;
      await updateSlot(db, session)
        .set({
          state: outcome?.state ?? 'claimed',
          reason: outcome?.reason ?? null,
          run_id: null,
          updated_at: at,
          due_at: new Date(atMs),
          retry_at: null,
          tries: slot.tries + (outcome === undefined ? 1 : 0),
        })
        .execute();
      if (outcome) await this.announce(client, outcome, { dueMs: atMs, tries: slot.tries, at });
      return outcome ?? { session, atMs, tries: slot.tries + 1 };
    });
  }

  /** Misses slots of sessions before one that no trigger time asks for any more: their time in the horizon, or their schedule, is over. */
  async missBefore(session: SessionDate, nowMs: number): Promise<SlotOutcome[]> {
    const at = new Date(nowMs);
    return this.database.transaction(async ({ client }) => {
      const missed = await kyselyOn(client)
        .updateTable('pipeline.slot')
        .set({ state: 'missed', reason: NO_LONGER_DUE, updated_at: at })
        .where('pipeline', '=', 'daily')
        .where('session', '<', session)
        .where((eb) =>
          eb.or([
            eb('state', '=', 'due'),
            eb.and([
              eb('state', '=', 'claimed'),
              eb('run_id', 'is', null),
              eb('updated_at', '<=', new Date(nowMs - CLAIM_MS)),
            ]),
          ]),
        )
        .returning([sessionText('session').as('session'), 'tries', 'due_at as dueAt'])
        .execute();
      const outcomes = missed.map((slot): SlotOutcome => ({
        session: slot.session,
        state: 'missed',
        reason: NO_LONGER_DUE,
      }));
      for (const [index, { tries, dueAt }] of missed.entries()) {
        const outcome = outcomes[index];
        // Rows of older versions do not say when they were due.
        if (outcome && dueAt !== null) await this.announce(client, outcome, { dueMs: dueAt.getTime(), tries, at });
      }
      return outcomes;
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
      .where('state', 'in', statusesBefore(SLOT_TRANSITIONS, 'start'))
      .where((eb) => eb.or([eb('run_id', 'is', null), eb('run_id', '=', runId)]))
      .execute();
  }

  /**
   * Releases a claimed slot whose run could not start: due again while a retry may help, else missed.
   *
   * Edges: a run refused because the service is stopping, or because another run is under way, waits for as long as that takes.
   */
  async release(slot: ClaimedSlot, error: PipelineError, nowMs: number): Promise<SlotOutcome> {
    const { session, tries } = slot;
    const state = afterRefusal(error, slot.atMs, nowMs, this.policy);
    const reason = toStorableText(`${error.code}: ${error.message}`);
    const at = new Date(nowMs);
    await this.database.transaction(async ({ client }) => {
      const released = await updateSlot(kyselyOn(client), session)
        .set({
          state,
          reason,
          updated_at: at,
          retry_at: state === 'due' ? new Date(toRetryAt(error, tries, nowMs)) : null,
        })
        .where('state', 'in', statusesBefore(SLOT_TRANSITIONS, 'release'))
        .where('run_id', 'is', null)
        .executeTakeFirst();
      // If another process has taken over in the meantime and started its run, the slot belongs to that run.
      if (released.numUpdatedRows === 0n) return;
      await this.announce(client, { session, state, reason }, { dueMs: slot.atMs, tries, at });
    });
    return { session, state, reason };
  }

  /** That a session waits is announced once, that it is missed always. */
  private async announce(
    client: StatementRunner,
    outcome: SlotOutcome,
    { dueMs, tries, at }: { readonly dueMs: number; readonly tries: number; readonly at: Date },
  ): Promise<void> {
    if (outcome.state !== 'missed' && !(outcome.state === 'due' && tries === 1)) return;
    await appendToOutbox(client, null, [this.draft(outcome, dueMs, at.getTime())], at);
  }

  private draft({ session, state, reason }: SlotOutcome, dueMs: number, nowMs: number): EventDraft {
    return draftEvent(sessionVerdict, {
      session,
      verdict: state === 'missed' ? 'missed' : 'waiting',
      late: nowMs - dueMs >= this.policy.lateMs,
      reason,
      due_at: new Date(dueMs).toISOString(),
    });
  }

  /** Why a session is not run at all; undefined when it is. */
  private async decide(
    db: Kysely<Tables>,
    { session, atMs }: TriggerMoment,
    slot: { readonly nowMs: number; readonly tries: number; readonly passedOver: string | null },
  ): Promise<SlotOutcome | undefined> {
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
      return { session, state: 'skipped', reason: `already completed, by ${newest.trigger} run ${newest.id}` };
    // Such as by a backfill without indicators: the phases that are left out cannot follow any more.
    const published = completed.find(({ phase }) => phase === PUBLISHES);
    if (published !== undefined && (await isBeforePublished(db, session)))
      return { session, state: 'skipped', reason: `already published, by ${published.trigger} run ${published.id}` };
    if (slot.passedOver !== null) return { session, state: 'missed', reason: slot.passedOver };
    const reason = isOverdue(atMs, slot.nowMs, slot.tries, this.policy);
    return reason === null ? undefined : { session, state: 'missed', reason };
  }
}

function updateSlot(db: Kysely<Tables>, session: SessionDate) {
  return db.updateTable('pipeline.slot').where('pipeline', '=', 'daily').where('session', '=', session);
}

/** Whether a later session is published: this one cannot be run any more. */
async function isBeforePublished(db: Kysely<Tables>, session: SessionDate): Promise<boolean> {
  const later = await selectCompleted(db, PUBLISHES).where('session', '>', session).limit(1).execute();
  return later.length > 0;
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
