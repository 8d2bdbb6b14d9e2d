import type { Database } from '../../src/db/database.js';

/** The fence of a run that a test records without a lease. */
export async function nextFence({ pool }: Database): Promise<string> {
  const { rows } = await pool.query<{ fence: string }>(`select nextval('pipeline.fence_seq')::text as fence`);
  return rows[0]?.fence ?? '';
}
