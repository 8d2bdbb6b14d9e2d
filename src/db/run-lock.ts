import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { PoolClient } from 'pg';
import { PipelineError } from '../core/errors.js';
import type { Database } from './database.js';
import { toDatabaseError } from './database-error.js';
import { ignoreBreak } from './ignore-break.js';
import { kyselyOn } from './kysely-on.js';
import { epochMs, sessionText } from './portable-columns.js';
import { RELEASE_RUN_LOCK, RUN_LOCK_IS_HELD, TRY_RUN_LOCK } from './run-lock.sql.js';

const RECORDED_WITHIN_MS = 100;

/** Whether any connection to this database holds the run lock, for typed queries. */
export const runLockIsHeld = sql.raw<boolean>(RUN_LOCK_IS_HELD);

/**
 * Holds the session-level advisory lock that allows a run to work, on a connection of its own.
 *
 * PostgreSQL releases the lock with the connection, so a killed process never leaves it behind. If only this connection breaks while the
 * run continues, the fence keeps that run from publishing.
 * @throws EOD_RUN_LOCKED naming the run that holds it
 */
export async function acquireRunLock(database: Database): Promise<{ release(): Promise<void> }> {
  const client = await database.connectClient();
  client.on('error', ignoreBreak);
  try {
    const found = await TRY_RUN_LOCK.first(client, {});
    if (found?.locked) return { release: () => releaseLock(client) };
    const holder = await describeHolder(client);
    throw new PipelineError('EOD_RUN_LOCKED', `another run is under way${holder}`, {
      hint: 'wait for it to end (`tickstock status` shows it), then run the same command again',
    });
  } catch (error) {
    client.off('error', ignoreBreak);
    client.release();
    throw toDatabaseError(error);
  }
}

async function releaseLock(client: PoolClient): Promise<void> {
  try {
    await RELEASE_RUN_LOCK.rows(client, {});
    client.off('error', ignoreBreak);
    client.release();
  } catch (error) {
    client.release(error as Error);
  }
}

/** The holder takes the lock a moment before its run is recorded. */
async function describeHolder(client: PoolClient): Promise<string> {
  const holder = await findHolder(client);
  if (holder !== '') return holder;
  await delay(RECORDED_WITHIN_MS);
  return findHolder(client);
}

async function findHolder(client: PoolClient): Promise<string> {
  const run = await kyselyOn(client)
    .selectFrom('pipeline.run')
    .select(['id', 'lease_owner as owner', sessionText('session').as('session'), epochMs('started_at').as('startedMs')])
    .where('status', '=', 'running')
    .orderBy('fence', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (run === undefined) return '';
  const since = `${new Date(run.startedMs).toISOString().slice(0, 19)}Z`;
  return `: run ${run.id} for ${run.session} by ${run.owner ?? 'an unknown owner'}, since ${since}`;
}
