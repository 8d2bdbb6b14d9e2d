import { readMigrationStatus } from '../../../db/migrate.js';
import type { Check } from '../check.js';

export const schema: Check = {
  id: 'schema',
  title: 'the tables are those of this version',
  async find({ parts }) {
    const { pending } = await readMigrationStatus(parts.database);
    if (pending.length === 0) return undefined;
    return { problem: `${pending.length} migrations are pending: ${pending.join(', ')}`, fix: 'tickstock db migrate' };
  },
};
