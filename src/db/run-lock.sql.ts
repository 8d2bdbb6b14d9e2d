import { boolean } from './column.js';
import { statement } from './statement.js';

/** Numbers that no other program uses: advisory locks are identified by value, within one database. */
const LOCK_KEYS = [0x7469636b, 0x6461696c] as const;

/** Whether any connection to this database holds the run lock, as an SQL expression. */
export const RUN_LOCK_IS_HELD = `exists (
  select from pg_locks
  where locktype = 'advisory' and granted and classid = ${LOCK_KEYS[0]}::oid and objid = ${LOCK_KEYS[1]}::oid and objsubid = 2
    and database = (select oid from pg_database where datname = current_database()))`;

/** Takes the run lock for this connection if it is free. */
export const TRY_RUN_LOCK = statement({
  parameters: {},
  row: { locked: boolean },
  text: `select pg_try_advisory_lock(${LOCK_KEYS.join(', ')}) as locked`,
});

/** Releases the lock. */
export const RELEASE_RUN_LOCK = statement({
  parameters: {},
  row: { released: boolean },
  text: `select pg_advisory_unlock(${LOCK_KEYS.join(', ')}) as released`,
});
