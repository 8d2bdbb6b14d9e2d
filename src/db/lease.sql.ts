import { arrayOf, bigint, boolean, double, instant, integer, orNull, text } from './column.js';
import { statement } from './statement.js';

/** What only one process may do at a time. */
export type LeaseName = 'run';

/** Whether a process holds the lease of the run under way, as an SQL expression. */
export const RUN_IS_LEASED = `exists (select from pipeline.lease where name = 'run' and expires_at > clock_timestamp())`;

/**
 * Takes a lease that is free, has expired, or belongs to one of the given instances.
 *
 * Parameters: `seconds` until it expires; `dead` instances, whose processes are known to have ended.
 * Result:     one row if it was taken, with the instance of the owner before if that one did not release it; none if it is held.
 * Strategy:   one statement carries the condition: of several processes that try at once, one succeeds.
 */
export const ACQUIRE_LEASE = statement({
  parameters: {
    name: text,
    owner: text,
    instance: text,
    machine: orNull(text),
    pid: integer,
    seconds: double,
    dead: arrayOf(text),
  },
  row: { fence: bigint, before: orNull(text) },
  text: `
    with before as materialized (select instance from pipeline.lease where name = $1)
    insert into pipeline.lease as l (name, owner, instance, machine, pid, fence, acquired_at, renewed_at, expires_at)
    values ($1::text, $2::text, $3::text, $4::text, $5::int, nextval('pipeline.fence_seq'), clock_timestamp(), clock_timestamp(),
            clock_timestamp() + make_interval(secs => $6::float8))
    on conflict (name) do update
    set owner = excluded.owner, instance = excluded.instance, machine = excluded.machine, pid = excluded.pid, fence = excluded.fence,
        acquired_at = excluded.acquired_at, renewed_at = excluded.renewed_at, expires_at = excluded.expires_at
    where l.expires_at <= clock_timestamp() or l.instance = any ($7::text[])
    returning fence, (select instance from before) as before`,
});

/**
 * Renews a lease.
 *
 * Result: one row while it is held with this fence, also if it had expired and no other process has taken it; none otherwise.
 */
export const RENEW_LEASE = statement({
  parameters: { name: text, fence: bigint, seconds: double },
  row: { fence: bigint },
  text: `
    update pipeline.lease set renewed_at = clock_timestamp(), expires_at = clock_timestamp() + make_interval(secs => $3::float8)
    where name = $1 and fence = $2
    returning fence`,
});

/** Gives a lease back; nothing happens if another process has it by now. */
export const RELEASE_LEASE = statement({
  parameters: { name: text, fence: bigint },
  row: {},
  text: `delete from pipeline.lease where name = $1 and fence = $2`,
});

/** A lease that is held or was not given back: who has it, and for how long, negative when it has expired. */
export const READ_LEASE = statement({
  parameters: { name: text },
  row: {
    owner: text,
    instance: text,
    machine: orNull(text),
    pid: integer,
    fence: bigint,
    secondsLeft: double,
    acquiredAt: instant,
  },
  text: `
    select owner, instance, machine, pid, fence, extract(epoch from expires_at - clock_timestamp())::float8 as "secondsLeft",
           acquired_at as "acquiredAt"
    from pipeline.lease where name = $1`,
});

/** Whether a fence is still that of the owner, and who has asked to cancel its run. */
export const WATCH_LEASE = statement({
  parameters: { name: text, fence: bigint },
  row: { isHeld: boolean, cancelledBy: orNull(text) },
  text: `
    select coalesce((select fence = $2 from pipeline.lease where name = $1), false) as "isHeld",
           (select cancelled_by from pipeline.run where fence = $2) as "cancelledBy"`,
});

/**
 * Ends the transactions of an instance that has lost a lease: it may be suspended, and would keep its locks for as long.
 *
 * Result: one row for each connection, false where this user may not end it.
 */
export const END_TRANSACTIONS = statement({
  parameters: { applicationName: text },
  row: { ended: boolean },
  text: `
    select pg_terminate_backend(pid) as ended
    from pg_stat_activity
    where datname = current_database() and application_name = $1 and pid <> pg_backend_pid() and state <> 'idle'`,
});
