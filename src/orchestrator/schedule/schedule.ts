import type { TradingCalendar } from '../../core/calendar.js';
import type { StatementRunner } from '../../core/phase.js';
import type { Database } from '../../db/database.js';
import { scheduleUpdated } from '../../events/catalogue/index.js';
import { draftEvent } from '../../events/event.js';
import { appendToOutbox } from '../../events/outbox.js';
import { parseScheduleChanges, type ScheduleChanges } from './schedule-changes.js';
import { nextTrigger, SCHEDULE_TIME_ZONE, type TriggerRule } from './trigger-times.js';

export type { ScheduleChanges } from './schedule-changes.js';

/** What holds until somebody sets the schedule: the configuration's section `schedule`. */
export interface ScheduleDefaults extends TriggerRule {
  readonly enabled: boolean;
}

/** When runs start by themselves, in the words of the HTTP API. */
export interface ScheduleState {
  readonly enabled: boolean;
  /** HH:MM in `timezone`. */
  readonly trigger_time: string;
  readonly timezone: string;
  /** Whether runs start only on days the market is open. */
  readonly market_check: boolean;
  /** Names that the caller wants kept with the schedule; a run always covers the whole market. */
  readonly universes: string[];
  /** ISO instant in UTC; null while disabled. */
  readonly next_run: string | null;
}

/** The schedule as it is stored, or as the configuration has it. */
export interface Schedule extends ScheduleDefaults {
  readonly universes: readonly string[];
  /** When the times were last changed, milliseconds since the epoch; 0 when never. Moments up to then trigger nothing. */
  readonly setAtMs: number;
}

/** @throws EOD_DB_UNAVAILABLE */
export async function readSchedule(
  database: Database,
  defaults: ScheduleDefaults,
  calendar: TradingCalendar,
  nowMs: number,
): Promise<ScheduleState> {
  return database.transaction(async ({ client }) =>
    toState(client, await loadSchedule(client, defaults), calendar, nowMs),
  );
}

/**
 * Changes the schedule for every process on this database, and tells the consumer in the same transaction.
 *
 * Edges:  from the first change on the database goes before the configuration. Times take effect from now on: a trigger time that has
 *         passed today is not made up for.
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
    await client.query(
      `insert into pipeline.schedule (pipeline, enabled, trigger_time, timezone, market_check, universes, updated_at)
       values ('daily', $1, $2, $3, $4, '{}', 'epoch')
       on conflict (pipeline) do nothing`,
      [defaults.enabled, defaults.triggerTime, SCHEDULE_TIME_ZONE, defaults.marketCheck],
    );
    // Every right side sees the row as it was, and the row is locked: two callers who change different fields both get their way.
    await client.query(
      `update pipeline.schedule
       set enabled = coalesce($1, enabled), trigger_time = coalesce($2::time, trigger_time),
           market_check = coalesce($3, market_check), universes = coalesce($4::text[], universes),
           updated_at = case when (coalesce($1, enabled), coalesce($2::time, trigger_time), coalesce($3, market_check))
                                  = (enabled, trigger_time, market_check) then updated_at else $5 end
       where pipeline = 'daily'`,
      [enabled ?? null, trigger_time ?? null, market_check ?? null, universes ?? null, at],
    );
    const state = await toState(client, await loadSchedule(client, defaults), calendar, nowMs);
    const { universes: _kept, ...told } = state;
    await appendToOutbox(client, null, [draftEvent(scheduleUpdated, told)], at);
    return state;
  });
}

/** The schedule in force: the stored one, or the configuration's where none was ever set. */
export async function loadSchedule(runner: StatementRunner, defaults: ScheduleDefaults): Promise<Schedule> {
  const { rows } = await runner.query(
    `select enabled, to_char(trigger_time, 'HH24:MI') as "triggerTime", market_check as "marketCheck", universes,
            (extract(epoch from updated_at) * 1000)::float8 as "setAtMs"
     from pipeline.schedule where pipeline = 'daily'`,
  );
  return (rows[0] as Schedule | undefined) ?? { ...defaults, universes: [], setAtMs: 0 };
}

async function toState(
  runner: StatementRunner,
  schedule: Schedule,
  calendar: TradingCalendar,
  nowMs: number,
): Promise<ScheduleState> {
  // A slot that is still due leads to a run; every other one is used up.
  const { rows } = await runner.query(
    `select to_char(session, 'YYYY-MM-DD') as session from pipeline.slot
     where pipeline = 'daily' and state <> 'due' order by session desc limit 100`,
  );
  const done = new Set(rows.map(({ session }) => String(session)));
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
