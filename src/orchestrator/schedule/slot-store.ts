import { sql } from 'kysely';
import type { PipelineError } from '../../core/errors.js';
import type { StatementRunner } from '../../core/phase.js';
import type { SessionDate } from '../../core/session.js';
import type { Database } from '../../db/database.js';
import { toStorableText } from '../../db/jsonb.js';
import { runLockIsHeld } from '../../db/run-lock.js';
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

interface SlotRow {
  readonly state: string;
  readonly reason: string | null;
  /** The run it has led to; also of a slot that is due again. */
  readonly run: string | null;
  /** When it was last written, milliseconds since the epoch. */
  readonly since: number;
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
    const { rows } = await sql<SlotOutcome>`
      update pipeline.slot s
      set state = case when r.status in ('completed', 'completed_with_holds') then 'completed'
                       when accident is null or r.attempt >= ${MAX_ATTEMPTS} then 'skipped' else 'due' end,
          reason = case when r.status in ('completed', 'completed_with_holds') then null
                        when accident is not null then accident || ', at attempt ' || r.attempt
                        else 'run ' || r.status || ': ' || coalesce((r.error ->> 'code') || ', ' || (r.error ->> 'message'), 'no error was recorded') end,
          updated_at = ${at}
      from (
        select r.id, r.status, r.attempt, r.error
        from pipeline.run r
        where r.id in (select run_id from pipeline.slot where pipeline = 'daily' and state = 'claimed')
          and (r.status not in ('pending', 'running') or not ${runLockIsHeld})
        for share
      ) r
      cross join lateral (
        select case when r.status = 'cancelled' and r.error -> 'context' ->> 'reason' = 'stopping'
                    then 'the service stopped before the run had ended'
                    when r.status not in ('completed', 'completed_with_holds', 'failed', 'cancelled')
                    then 'the process ended before its run did' end as accident
      ) found
      where r.id = s.run_id and s.pipeline = 'daily' and s.state = 'claimed'
      returning to_char(s.session, 'YYYY-MM-DD') as session, s.state, s.reason`.execute(this.database.db);
    return rows;
  }

  /**
   * Takes a moment's slot, unless another process has it or it is done.
   * @returns the slot to run; or what became of it, when this call decided that it is not run; or undefined, when there was nothing to decide
   */
  async claim({ session, atMs }: TriggerMoment, nowMs: number): Promise<ClaimedSlot | SlotOutcome | undefined> {
    const at = new Date(nowMs);
    return this.database.transaction(async ({ client }) => {
      await client.query(
        `update pipeline.slot set state = 'skipped', updated_at = $2,
                reason = coalesce(reason || '; ', '') || 'not completed before the next trigger time'
         where pipeline = 'daily' and session < $1 and (state = 'due' or state = 'claimed' and run_id is null and updated_at <= $3)`,
        [session, at, new Date(nowMs - CLAIM_MS)],
      );
      await client.query(
        `insert into pipeline.slot (pipeline, session, state, updated_at) values ('daily', $1, 'due', $2)
         on conflict (pipeline, session) do nothing`,
        [session, at],
      );
      const { rows } = await client.query<SlotRow>(
        `select state, reason, run_id as run, (extract(epoch from updated_at) * 1000)::float8 as since
         from pipeline.slot where pipeline = 'daily' and session = $1 for update`,
        [session],
      );
      const slot = rows[0];
      const isAbandoned = slot?.state === 'claimed' && slot.run === null && nowMs - slot.since >= CLAIM_MS;
      if (slot === undefined || (slot.state !== 'due' && !isAbandoned)) return undefined;
      if (isAbandoned && (await this.adoptRun(client, session, slot.since))) return undefined;
      const reason = await this.reasonToSkip(client, { session, atMs }, slot.reason, nowMs);
      await client.query(
        `update pipeline.slot set state = $2, reason = $3, run_id = null, updated_at = $4
         where pipeline = 'daily' and session = $1`,
        [session, reason === null ? 'claimed' : 'skipped', reason, at],
      );
      if (reason !== null) return { session, state: 'skipped', reason };
      // After a run that was cut short the wait begins anew: nobody may have been there since.
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
    await sql`update pipeline.slot set state = 'claimed', run_id = ${runId}, reason = null, updated_at = ${at}
              where pipeline = 'daily' and session = ${session}
                and state <> 'completed' and (run_id is null or run_id = ${runId})`.execute(this.database.db);
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
    await sql`update pipeline.slot set state = ${state}, reason = ${reason}, updated_at = ${new Date(state === 'due' ? dueMs : nowMs)}
              where pipeline = 'daily' and session = ${session} and state = 'claimed' and run_id is null`.execute(
      this.database.db,
    );
    return { session, state, reason };
  }

  /** The claiming process may have died, or lost the database, after its run began and before it could note that: the run counts. */
  private async adoptRun(runner: StatementRunner, session: SessionDate, sinceMs: number): Promise<boolean> {
    const { rows } = await runner.query(
      `update pipeline.slot set run_id = r.id
       from (select id from pipeline.run where session = $1 and trigger = 'automatic' and started_at >= $2
             order by fence desc limit 1) r
       where pipeline = 'daily' and session = $1
       returning r.id`,
      [session, new Date(sinceMs)],
    );
    return rows.length > 0;
  }

  private async reasonToSkip(
    runner: StatementRunner,
    { session, atMs }: TriggerMoment,
    earlier: string | null,
    nowMs: number,
  ): Promise<string | null> {
    const { rows } = await runner.query(
      `select count(distinct p.phase)::int as phases,
              (array_agg(r.trigger || ' run ' || r.id order by p.finished_at desc))[1] as newest
       from pipeline.phase_run p join pipeline.run r on r.id = p.run_id
       where p.session = $1 and p.phase = any($2::text[]) and p.status in ('completed', 'completed_with_holds')`,
      [session, this.phases],
    );
    if (rows[0]?.['phases'] === this.phases.length) return `already completed, by ${String(rows[0]['newest'])}`;
    if (nowMs - atMs < CATCH_UP_MS) return null;
    const tooLate = `not begun within ${CATCH_UP_MS / 3_600_000} hours of its trigger time, ${new Date(atMs).toISOString()}`;
    return earlier === null ? tooLate : `${earlier}; ${tooLate}`;
  }
}
