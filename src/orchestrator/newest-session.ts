import type { SessionDate } from '../core/session.js';
import type { RunStore } from './run/run-store.js';

/** The newest session that has been imported or published: `symbols` already has facts of it. Undefined before the first. */
export async function readNewestSession(store: RunStore): Promise<SessionDate | undefined> {
  const sessions = [await store.newestCompleted('import'), await store.newestCompleted('cache-sync')];
  return sessions
    .filter((session) => session !== undefined)
    .toSorted()
    .at(-1);
}
