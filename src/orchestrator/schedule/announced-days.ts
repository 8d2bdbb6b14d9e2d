import type { CalendarOverride, TradingCalendar } from '../../core/calendar.js';
import { PipelineError } from '../../core/errors.js';
import type { StatementRunner } from '../../core/phase.js';
import type { SessionDate } from '../../core/session.js';
import { selectCompleted } from '../../db/completed.js';
import type { Database } from '../../db/database.js';
import { kyselyOn } from '../../db/kysely-on.js';
import { sessionText } from '../../db/portable-columns.js';

export interface AnnouncedDay extends CalendarOverride {
  readonly date: SessionDate;
  /** ISO, UTC. */
  readonly createdAt: string;
  readonly announcedBy: string | null;
}

/** The days that were announced, in order. */
export async function listAnnouncedDays(runner: StatementRunner): Promise<readonly AnnouncedDay[]> {
  const rows = await kyselyOn(runner)
    .selectFrom('pipeline.calendar_override')
    .select([
      sessionText('date').as('date'),
      'kind',
      'reason',
      'created_at as createdAt',
      'announced_by as announcedBy',
    ])
    .orderBy('date')
    .execute();
  return rows.map(({ kind, createdAt, ...row }) => ({
    ...row,
    kind: kind as CalendarOverride['kind'],
    createdAt: createdAt.toISOString(),
  }));
}

/** Applies the days that were announced, by any process. */
export async function refreshCalendar(database: Database, calendar: TradingCalendar): Promise<void> {
  calendar.announce(await listAnnouncedDays(database.pool));
}

/**
 * Announces a day, for every process on the database: services see it within a minute, runs when they start.
 * @throws EOD_SESSION_INVALID when the day is a weekend, or is so already
 * @throws EOD_SESSION_NOT_NEWEST when a session from that day on is published: its figures were computed with the calendar as it was
 * @throws EOD_RUN_LOCKED while a run for a session from that day on is under way
 */
export async function announceDay(
  database: Database,
  calendar: TradingCalendar,
  day: Pick<AnnouncedDay, 'date' | 'kind' | 'reason'>,
  { by, at }: { readonly by: string; readonly at: Date },
): Promise<void> {
  await refreshCalendar(database, calendar);
  assertDiffers(calendar, day);
  const { date, kind, reason } = day;
  await change(database, calendar, date, async (runner) => {
    const row = { kind, reason, created_at: at, announced_by: by };
    await kyselyOn(runner)
      .insertInto('pipeline.calendar_override')
      .values({ date, ...row })
      .onConflict((conflict) => conflict.column('date').doUpdateSet(row))
      .execute();
  });
}

/**
 * Takes an announcement back: the day is as in the calendar again.
 * @throws EOD_SESSION_INVALID when none was made for it; and as `announceDay`
 */
export async function withdrawDay(database: Database, calendar: TradingCalendar, date: SessionDate): Promise<void> {
  await change(database, calendar, date, async (runner) => {
    const gone = await kyselyOn(runner)
      .deleteFrom('pipeline.calendar_override')
      .where('date', '=', date)
      .executeTakeFirst();
    if (gone.numDeletedRows === 1n) return;
    throw new PipelineError('EOD_SESSION_INVALID', `nothing was announced for ${date}`, {
      hint: '`tickstock calendar` lists what was',
    });
  });
}

async function change(
  database: Database,
  calendar: TradingCalendar,
  date: SessionDate,
  write: (runner: StatementRunner) => Promise<void>,
): Promise<void> {
  await database.transaction(async ({ client }) => {
    await assertNotRun(client, date);
    await write(client);
    // Where a slot was waiting, the schedule decides again.
    await kyselyOn(client)
      .deleteFrom('pipeline.slot')
      .where('session', '=', date)
      .where('run_id', 'is', null)
      .where('state', 'in', ['due', 'missed'])
      .execute();
  });
  await refreshCalendar(database, calendar);
}

function assertDiffers(calendar: TradingCalendar, { date, kind }: Pick<AnnouncedDay, 'date' | 'kind'>): void {
  const closed = calendar.closedReason(date);
  const isEarly = calendar.isEarlyClose(date);
  const is = closed === undefined ? `a session${isEarly ? ' that ends at 13:00' : ' to 16:00'}` : `closed: ${closed}`;
  const canChange = closed === undefined || (kind === 'open' && calendar.isHoliday(date));
  const changes = kind === 'closed' || (kind === 'early-close') !== isEarly || closed !== undefined;
  if (canChange && changes) return;
  throw new PipelineError('EOD_SESSION_INVALID', `${date} is ${is}`, {
    hint: '`tickstock calendar` shows the next days that differ; `tickstock calendar reset DATE` takes back what was announced',
  });
}

async function assertNotRun(runner: StatementRunner, date: SessionDate): Promise<void> {
  const db = kyselyOn(runner);
  const running = await db
    .selectFrom('pipeline.run')
    .select('id')
    .where('status', '=', 'running')
    .where('session', '>=', date)
    .executeTakeFirst();
  if (running) {
    throw new PipelineError('EOD_RUN_LOCKED', `run ${running.id} for a session from ${date} on is under way`, {
      hint: 'announce it when the run has ended, or cancel the run: tickstock cancel',
    });
  }
  const published = await selectCompleted(db, 'cache-sync')
    .where('session', '>=', date)
    .orderBy('session', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (published === undefined) return;
  const what = published.day === date ? 'it' : `${published.day}, which follows it,`;
  throw new PipelineError('EOD_SESSION_NOT_NEWEST', `${date} cannot be changed: ${what} is published`, {
    hint: `add the day to config/calendar.yaml, then replay: tickstock backfill --from ${date} --to ${published.day}`,
  });
}
