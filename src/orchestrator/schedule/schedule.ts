import type { Kysely } from 'kysely';
import type { TradingCalendar } from '../../core/calendar.js';
import type { Database } from '../../db/database.js';
import { kyselyOn } from '../../db/kysely-on.js';
import { epochMs, sessionText } from '../../db/portable-columns.js';
import type { Tables } from '../../db/tables.js';
import { scheduleUpdated } from '../../events/catalogue/index.js';
import { draftEvent } from '../../events/event.js';
import { appendToOutbox } from '../../events/outbox.js';
import { CHANGE_SCHEDULE } from './change-schedule.sql.js';
import { recordDuty } from './duty.js';
import { parseScheduleChanges, type ScheduleChanges } from './schedule-changes.js';
import { nextTrigger, SCHEDULE_TIME_ZONE, type TriggerRule } from './trigger-times.js';

export type { ScheduleChanges } from './schedule-changes.js';

/** Applies until the schedule is set over HTTP: section `schedule` of the configuration. */
export interface ScheduleDefaults extends TriggerRule {
  readonly enabled: boolean;
}

/** The schedule of automatic runs, with the field names of the HTTP API. */
export interface ScheduleState {
  readonly enabled: boolean;
  /** HH:MM in `timezone`. */
  readonly trigger_time: string;
  readonly timezone: string;
  /** Whether runs start only on days the market is open. */
  readonly market_check: boolean;
  /** Names that the caller stores with the schedule; a run always covers the whole market. */
  readonly universes: string[];
  /** ISO instant in UTC; null while disabled. */
  readonly next_run: string | null;
}

/** The stored schedule, or that of the configuration. */
export interface Schedule extends ScheduleDefaults {
  readonly universes: readonly string[];
  /** When the times were last changed, milliseconds since the epoch; 0 when never. Trigger times up to then are ignored. */
  readonly setAtMs: number;
}

/** @throws EOD_DB_UNAVAILABLE */
export async function readSchedule(
  database: Database,
  defaults: ScheduleDefaults,
  calendar: TradingCalendar,
  nowMs: number,
): Promise<ScheduleState> {
  return database.transaction(async ({ client }) => {
    const db = kyselyOn(client);
    return toState(db, await loadSchedule(db, defaults), calendar, nowMs);
  });
}

/**
 * Changes the schedule for every process on this database, and stores the event for the consumer in the same transaction.
 *
 * Edges:  after the first change the database takes precedence over the configuration. New times apply from now on: a trigger time that has
 *         passed today is not caught up.
 * @throws EOD_REQUEST_INVALID with every problem
 */
export async function updateSchedule(
  database: Database,
  defaults: ScheduleDefaults,
  calendar: TradingCalendar,
  changes: ScheduleChanges,
  nowMs: number,
): Promise<ScheduleState> {
  const { enabled, trigger_time, market_check, universes } = parseScheduleChanges(changes);
  const at = new Date(nowMs);
  return database.transaction(async ({ client }) => {
    const db = kyselyOn(client);
    await db
      .insertInto('pipeline.schedule')
      .values({
        pipeline: 'daily',
        enabled: defaults.enabled,
        trigger_time: defaults.triggerTime,
        timezone: SCHEDULE_TIME_ZONE,
        market_check: defaults.marketCheck,
        universes: [],
        updated_at: 'epoch',
      })
      .onConflict((conflict) => conflict.column('pipeline').doNothing())
      .execute();
    await CHANGE_SCHEDULE.write(client, {
      enabled: enabled ?? null,
      triggerTime: trigger_time ?? null,
      marketCheck: market_check ?? null,
      universes: universes ?? null,
      at,
    });
    const schedule = await loadSchedule(db, defaults);
    await recordDuty(client, schedule.enabled, at);
    const state = await toState(db, schedule, calendar, nowMs);
    const { universes: _kept, ...told } = state;
    await appendToOutbox(client, null, [draftEvent(scheduleUpdated, told)], at);
    return state;
  });
}

/** The schedule in effect: the stored one, or that of the configuration when none was ever set. */
export async function loadSchedule(db: Kysely<Tables>, defaults: ScheduleDefaults): Promise<Schedule> {
  const stored = await db
    .selectFrom('pipeline.schedule')
    .select([
      'enabled',
      'trigger_time',
      'market_check as marketCheck',
      'universes',
      epochMs('updated_at').as('setAtMs'),
    ])
    .where('pipeline', '=', 'daily')
    .executeTakeFirst();
  if (stored === undefined) return { ...defaults, universes: [], setAtMs: 0 };
  const { trigger_time: time, ...schedule } = stored;
  return { ...schedule, triggerTime: time.slice(0, 'HH:MM'.length) };
}

async function toState(
  db: Kysely<Tables>,
  schedule: Schedule,
  calendar: TradingCalendar,
  nowMs: number,
): Promise<ScheduleState> {
  // A slot that is still due can lead to a run; every other slot is settled.
  const used = await db
    .selectFrom('pipeline.slot')
    .select(sessionText('session').as('day'))
    .where('pipeline', '=', 'daily')
    .where('state', '<>', 'due')
    .orderBy('session', 'desc')
    .limit(100)
    .execute();
  const done = new Set<string>(used.map(({ day }) => day));
  const next = schedule.enabled ? nextTrigger(schedule, calendar, nowMs, done) : undefined;
  return {
    enabled: schedule.enabled,
    trigger_time: schedule.triggerTime,
    timezone: SCHEDULE_TIME_ZONE,
    market_check: schedule.marketCheck,
    universes: [...schedule.universes],
    next_run: next ? new Date(next.atMs).toISOString() : null,
  };
}
