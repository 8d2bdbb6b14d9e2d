import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** A table that no other program can touch: the sample market is done in less time than it takes to look at it. */
export interface HeldTable {
  /** Until a run waits for the table: it stands still then, and what it says of itself does not depend on the machine. */
  untilWaitedFor(): Promise<void>;
  release(): Promise<void>;
}

export async function holdTable(url: string, table: string): Promise<HeldTable> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('begin');
  await client.query(`lock table ${table} in access exclusive mode`);
  return {
    untilWaitedFor: async () => {
      for (let attempt = 0; attempt < 1200; attempt += 1) {
        const { rows } = await client.query('select 1 from pg_locks where relation = $1::regclass and not granted', [
          table,
        ]);
        if (rows.length > 0) return;
        await delay(25);
      }
      throw new Error(`no run came to wait for ${table}`);
    },
    release: async () => {
      await client.query('rollback');
      await client.end();
    },
  };
}
