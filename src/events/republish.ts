import type { Database } from '../db/database.js';
import { kyselyOn } from '../db/kysely-on.js';

/** Events by the time they were created; both ends belong to the range. */
export interface RepublishRange {
  readonly from: Date;
  /** Default: now. */
  readonly to?: Date | undefined;
}

/**
 * Marks delivered events of a range as waiting, so that a relay publishes them again, in order: for a Redis that lost them in a failover.
 * Subscribers drop the ids that they have seen.
 *
 * @returns the number of events
 */
export async function republish(database: Database, { from, to }: RepublishRange): Promise<number> {
  return database.transaction(async ({ client }) => {
    const updated = await kyselyOn(client)
      .updateTable('pipeline.outbox')
      .set({ published_at: null })
      .where('published_at', 'is not', null)
      .where('created_at', '>=', from)
      .where('created_at', '<=', to ?? new Date(8.64e15))
      .executeTakeFirst();
    return Number(updated.numUpdatedRows);
  });
}
