import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** Locks a table: the sample market is processed in less time than a request takes, so the run is made to wait. */
export interface HeldTable {
  /** Waits until a run waits for the table: its progress then does not depend on the machine. */
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
