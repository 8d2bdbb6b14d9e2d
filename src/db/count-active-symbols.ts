import type { Kysely } from 'kysely';
import type { Tables } from './tables.js';

export async function countActiveSymbols(db: Kysely<Tables>): Promise<number> {
  const { count } = await db
    .selectFrom('public.symbols')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('active', '=', true)
    .executeTakeFirstOrThrow();
  return Number(count);
}
