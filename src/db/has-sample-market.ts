import { sql } from 'kysely';
import type { Database } from './database.js';

/** The locale of generated symbols, so that they are never mixed with real ones. */
export const SAMPLE_LOCALE = 'sample';

/** Whether the database contains the sample market; false where it has no tables yet. */
export async function hasSampleMarket({ db }: Database): Promise<boolean> {
  const exists = await db
    .selectNoFrom(sql<boolean>`to_regclass('public.symbols') is not null`.as('found'))
    .executeTakeFirst();
  if (!exists?.found) return false;
  const found = await db
    .selectFrom('public.symbols')
    .select('symbol')
    .where('locale', '=', SAMPLE_LOCALE)
    .limit(1)
    .execute();
  return found.length > 0;
}
