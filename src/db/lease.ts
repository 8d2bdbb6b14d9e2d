import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../core/errors.js';
import type { Database } from './database.js';
import { toDatabaseError } from './database-error.js';
import {
  ACQUIRE_LEASE,
  END_TRANSACTIONS,
  READ_LEASE,
  RELEASE_LEASE,
  RENEW_LEASE,
  WATCH_LEASE,
  type LeaseName,
} from './lease.sql.js';
import { epochMs, sessionText } from './portable-columns.js';
import { hasEnded, identifyProcess } from './process-identity.js';

/** The owner of a run looks this often whether someone has asked to cancel it: it stops within two seconds. */
const WATCH_MS = 1000;
const RECORDED_WITHIN_MS = 100;

/** How long a lease lasts, and how often its owner renews it. */
export interface LeaseTimes {
  readonly heartbeatMs: number;
  readonly expiryMs: number;
}

export const LEASE_TIMES: LeaseTimes = { heartbeatMs: 5000, expiryMs: 20_000 };

/** A lease of this process. It is renewed by short statements on any connection: nothing depends on the state of one. */
export interface Lease {
  /** Higher than that of every owner before. */
  readonly fence: string;
  /** Fires with EOD_FENCED when another process has taken the lease over, and with EOD_CANCELLED when someone asked to cancel its run. */
  readonly signal: AbortSignal;
  /** Ends the renewals and gives the lease back. */
  release(): Promise<void>;
}

/**
 * Takes a lease that is free or has expired, or whose owner was a process of this machine that has ended, and renews it until it is released.
 *
 * When the owner before has not released it, its open transactions are ended first: a suspended process would keep their locks.
 * @throws EOD_RUN_LOCKED naming the run that holds it
 */
export async function acquireLease(database: Database, name: LeaseName, times = LEASE_TIMES): Promise<Lease> {
  try {
    const held = await READ_LEASE.first(database.pool, { name });
    const taken = await ACQUIRE_LEASE.first(database.pool, {
      name,
      ...identifyProcess(),
      instance: database.instance,
      seconds: times.expiryMs / 1000,
      dead: held !== undefined && hasEnded(held) ? [held.instance] : [],
    });
    if (taken === undefined) throw await describeRefusal(database, name);
    if (taken.before !== null) await endTransactions(database, taken.before);
    return keepLease(database, name, taken.fence, times);
  } catch (error) {
    throw toDatabaseError(error);
  }
}

/** Ends the open transactions of a pipeline instance, as far as the user of the database may. */
export async function endTransactions(database: Database, instance: string): Promise<void> {
  // Without the privilege, the server ends them when the process does, and until then others wait for their locks.
  await END_TRANSACTIONS.rows(database.pool, { applicationName: database.applicationName(instance) }).catch(
    () => undefined,
  );
}

function keepLease(database: Database, name: LeaseName, fence: string, { heartbeatMs, expiryMs }: LeaseTimes): Lease {
  const lost = new AbortController();
  const released = new AbortController();
  const pause = Math.min(heartbeatMs, WATCH_MS);
  const keep = async (): Promise<void> => {
    let renewedAt = performance.now();
    for (;;) {
      await delay(pause, undefined, { signal: released.signal, ref: false });
      try {
        const watched = await WATCH_LEASE.first(database.pool, { name, fence });
        if (released.signal.aborted) return;
        if (watched?.isHeld !== true) return lost.abort(fencedError());
        if (watched.cancelledBy !== null) return lost.abort(cancelledBy(watched.cancelledBy));
        if (performance.now() - renewedAt < heartbeatMs - pause / 2) continue;
        await RENEW_LEASE.first(database.pool, { name, fence, seconds: expiryMs / 1000 });
        renewedAt = performance.now();
      } catch {
        // The database is away. The work of the lease finds that by itself, and its fence decides when the database is back.
      }
    }
  };
  const kept = keep().catch(() => undefined);
  return {
    fence,
    signal: lost.signal,
    release: async () => {
      released.abort();
      await kept;
      // If this fails, the lease expires.
      await RELEASE_LEASE.rows(database.pool, { name, fence }).catch(() => undefined);
    },
  };
}

function fencedError(): PipelineError {
  return new PipelineError('EOD_FENCED', 'another process has taken the run over; this one publishes nothing more', {
    hint: 'see `tickstock status` for the process that has it',
  });
}

function cancelledBy(who: string): PipelineError {
  return new PipelineError('EOD_CANCELLED', `the run was cancelled by ${who}`);
}

/** The owner takes the lease a moment before its run is recorded. */
async function describeRefusal(database: Database, name: LeaseName): Promise<PipelineError> {
  let holder = await describeHolder(database, name);
  if (holder === '') {
    await delay(RECORDED_WITHIN_MS);
    holder = await describeHolder(database, name);
  }
  return new PipelineError('EOD_RUN_LOCKED', `another run is under way${holder}`, {
    hint: 'wait for it to end (`tickstock status` shows it), then run the same command again',
  });
}

async function describeHolder(database: Database, name: LeaseName): Promise<string> {
  const lease = await READ_LEASE.first(database.pool, { name });
  if (lease === undefined) return '';
  const run = await database.db
    .selectFrom('pipeline.run')
    .select(['id', sessionText('session').as('session'), epochMs('started_at').as('startedMs')])
    .where('fence', '=', lease.fence)
    .executeTakeFirst();
  if (run === undefined) return '';
  const since = `${new Date(run.startedMs).toISOString().slice(0, 19)}Z`;
  return `: run ${run.id} for ${run.session} by ${lease.owner}, since ${since}`;
}
