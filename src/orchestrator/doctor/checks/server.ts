import { sql } from 'kysely';
import type { Check } from '../check.js';

export const server: Check = {
  id: 'server',
  title: 'the server accepts writes',
  async find({ parts }) {
    const found = await parts.database.db
      .selectNoFrom([
        sql<boolean>`pg_is_in_recovery()`.as('isReplica'),
        sql<string>`current_setting('transaction_read_only')`.as('readOnly'),
      ])
      .executeTakeFirstOrThrow();
    if (found.isReplica)
      return {
        problem: 'the server is a replica, which accepts no writes',
        fix: 'point DATABASE_URL to the primary server',
      };
    if (found.readOnly === 'off') return undefined;
    return {
      problem: 'transactions are read-only by default',
      fix: 'alter database … reset default_transaction_read_only, or alter role … likewise',
    };
  },
};
