import { writeQuotes } from '../../phases/import/record-source.js';
import type { Listing as SourceListing } from '../../phases/import/source.js';
import type { PhaseReport } from '../../src/core/phase.js';
import type { SessionDate } from '../../src/core/session.js';
import { recordFacts } from '../../src/securities/record-facts.js';
import type { Database } from '../../src/db/database.js';
import { sync, writeListings, type Listing } from './market.js';

/** Leaves what an import of the session leaves: symbols and bars, what the source said, what was known, and its own completion. */
export async function importListings(
  database: Database,
  session: SessionDate,
  listings: readonly Listing[],
): Promise<void> {
  const { rows } = await database.pool.query<{ symbol: string; cap: string | null }>(
    'select symbol, market_cap as cap from symbols',
  );
  const caps = new Map(rows.map((row) => [row.symbol, row.cap]));
  // A cap outlives a source that has none.
  await writeListings(
    database,
    session,
    listings.map((listing) => ({ ...listing, cap: listing.cap || (caps.get(listing.symbol) ?? null) })),
  );
  await database.transaction(async ({ client }) => {
    await writeQuotes(client, session, listings.map(toQuoted));
    await recordFacts(client, session);
    await client.query(
      `with run as (
         insert into pipeline.run (id, session, trigger, mode, force, phases, status, started_at)
         values (gen_random_uuid(), $1, 'manual', 'full', false, '{import}', 'completed', now())
         returning id
       )
       insert into pipeline.phase_run (run_id, phase, ordinal, session, status) select id, 'import', 2, $1, 'completed' from run`,
      [session],
    );
  });
}

/** An import and the sync after it. */
export async function runEvening(
  database: Database,
  session: SessionDate,
  listings: readonly Listing[],
  options: Parameters<typeof sync>[2] = {},
): Promise<PhaseReport> {
  await importListings(database, session, listings);
  return sync(database, session, options);
}

/** The source's market cap; its own previous close is left out, so that prices are compared with the stored ones. */
function toQuoted({ symbol, cap }: Listing): SourceListing {
  const marketCapUsd = Number(cap) > 0 ? Number(cap) : null;
  return { symbol: { symbol, marketCapUsd } } as SourceListing;
}
