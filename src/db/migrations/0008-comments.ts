import type { Kysely } from 'kysely';
import { MARKET_COMMENTS } from './comments/market.js';
import { RUN_COMMENTS } from './comments/runs.js';
import { UNIVERSE_COMMENTS } from './comments/universes.js';
import { writeComments } from './comments/write-comments.js';

/** What every table and column means. Later migrations add the comments of what they add. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await writeComments(db, { ...RUN_COMMENTS, ...UNIVERSE_COMMENTS, ...MARKET_COMMENTS });
}
