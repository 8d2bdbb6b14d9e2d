import { sql } from 'kysely';
import type { Database } from '../../db/database.js';
import { kyselyOn } from '../../db/kysely-on.js';
import { pruneOutbox } from '../../events/outbox.js';
import type { Retention } from './run-request.js';

/** Deletes what is older than it is kept; with `onlyDelivered` waiting events stay regardless of their age. */
export async function prune(
  database: Database,
  { eventsDays, rejectedRowsDays }: Retention,
  { onlyDelivered, at }: { readonly onlyDelivered: boolean; readonly at: Date },
): Promise<void> {
  await database.transaction(async ({ client }) => {
    await pruneOutbox(client, { keepDays: eventsDays, onlyDelivered, at });
    await kyselyOn(client)
      .deleteFrom('pipeline.rejected_row')
      .using('pipeline.run as r')
      .whereRef('r.id', '=', 'pipeline.rejected_row.run_id')
      .where('r.started_at', '<', sql<Date>`${at}::timestamptz - make_interval(days => ${rejectedRowsDays})`)
      .execute();
  });
}
