import type { StatementRunner } from '../../core/phase.js';
import type { PoolClient } from 'pg';
import { kyselyOn } from '../../db/kysely-on.js';
import { epochMs } from '../../db/portable-columns.js';
import { BEGIN_DUTY, END_DUTY } from './record-duty.sql.js';

/** A span in which the schedule was on, milliseconds since the epoch. */
export interface DutySpan {
  readonly sinceMs: number;
  /** Infinity while it is on. */
  readonly untilMs: number;
}

/** Records whether the schedule is on: a session whose trigger time lies in a time when it was is due. */
export async function recordDuty(client: Pick<PoolClient, 'query'>, enabled: boolean, at: Date): Promise<void> {
  await END_DUTY.write(client, { enabled, at });
  await BEGIN_DUTY.write(client, { enabled, at });
}

/** Spans that end after the instant, oldest first. */
export async function readDuty(runner: StatementRunner, sinceMs: number): Promise<readonly DutySpan[]> {
  const rows = await kyselyOn(runner)
    .selectFrom('pipeline.duty')
    .select([epochMs('since').as('sinceMs'), epochMs('until').as('untilMs')])
    .where('pipeline', '=', 'daily')
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', new Date(sinceMs))]))
    .orderBy('since')
    .execute();
  return rows.map((row) => ({ sinceMs: row.sinceMs, untilMs: (row.untilMs as number | null) ?? Infinity }));
}

/** A trigger at the moment the schedule is switched on is not due yet: as for a changed time. */
export function isOnDuty(duty: readonly DutySpan[], atMs: number): boolean {
  return duty.some(({ sinceMs, untilMs }) => sinceMs < atMs && atMs <= untilMs);
}
