import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { PoolClient } from 'pg';
import { PipelineError } from '../core/errors.js';
import type { Database } from './database.js';
import { toDatabaseError } from './database-error.js';
import { ignoreBreak } from './ignore-break.js';

/** Any two numbers nobody else uses: advisory locks are told apart by value, within one database. */
const LOCK_KEYS = [0x7469636b, 0x6461696c] as const;

const RECORDED_WITHIN_MS = 100;

/** Whether any connection to this database holds the run lock, as an SQL expression. */
export const runLockIsHeld = sql<boolean>`exists (
  select from pg_locks
  where locktype = 'advisory' and granted and classid = ${LOCK_KEYS[0]}::oid and objid = ${LOCK_KEYS[1]}::oid and objsubid = 2
    and database = (select oid from pg_database where datname = current_database()))`;

/**
 * Holds the one session-level advisory lock that lets a run work, on a connection of its own.
 *
 * PostgreSQL drops the lock with the connection, so a killed process never leaves it behind. Should only this connection break while
 * the run lives on, the fence keeps that run from publishing.
 * @throws EOD_RUN_LOCKED saying which run holds it
 */
export async function acquireRunLock(database: Database): Promise<{ release(): Promise<void> }> {
  const client = await database.connectClient();
  client.on('error', ignoreBreak);
  try {
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1, $2) as locked', [
      ...LOCK_KEYS,
    ]);
    if (rows[0]?.locked) return { release: () => releaseLock(client) };
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
    await client.query('select pg_advisory_unlock($1, $2)', [...LOCK_KEYS]);
    client.off('error', ignoreBreak);
    client.release();
  } catch (error) {
    client.release(error as Error);
  }
}

/** The holder takes the lock a moment before it is recorded. */
async function describeHolder(client: PoolClient): Promise<string> {
  const holder = await findHolder(client);
  if (holder !== '') return holder;
  await delay(RECORDED_WITHIN_MS);
  return findHolder(client);
}

async function findHolder(client: PoolClient): Promise<string> {
  const { rows } = await client.query<{ id: string; session: string; owner: string | null; since: string }>(
    `select id, to_char(session, 'YYYY-MM-DD') as session, lease_owner as owner,
            to_char(started_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
     from pipeline.run where status = 'running' order by fence desc limit 1`,
  );
  const run = rows[0];
  return run ? `: run ${run.id} for ${run.session} by ${run.owner ?? 'an unknown owner'}, since ${run.since}` : '';
}
