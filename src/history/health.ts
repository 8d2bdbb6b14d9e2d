import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../db/database.js';
import type { EventRelay } from '../events/relay.js';

export interface Health {
  readonly database: 'up' | 'down';
  readonly redis: 'up' | 'down' | 'disabled';
}

/** A database that takes longer to say "1" is of no use to anybody who waits two seconds for an answer. */
const ANSWER_WITHIN_MS = 1000;

export async function readHealth(database: Database, relay: EventRelay | null): Promise<Health> {
  const timer = new AbortController();
  const answer = database.db
    .selectNoFrom((eb) => eb.lit(1).as('one'))
    .execute()
    .then(
      () => true,
      () => false,
    );
  const isUp = await Promise.race([answer, delay(ANSWER_WITHIN_MS, false, { signal: timer.signal })]);
  timer.abort();
  const redis = relay === null ? 'disabled' : relay.state === 'up' ? 'up' : 'down';
  return { database: isUp ? 'up' : 'down', redis };
}
