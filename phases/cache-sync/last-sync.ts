import type { PoolClient } from 'pg';
import type { SessionDate } from '../../src/core/session.js';

/** The newest completed cache sync. */
export interface LastSync {
  readonly session: SessionDate;
  readonly inputHash: string | null;
  readonly counters: Readonly<Record<string, number>>;
  readonly held: boolean;
  /** What was said of it then, and still holds as long as nothing changes. */
  readonly warnings: readonly string[];
}

/** Newest by session, and of several attempts at one session the last; undefined before the first. */
export async function readLastSync(client: PoolClient): Promise<LastSync | undefined> {
  const { rows } = await client.query<LastSync>(
    `select to_char(p.session, 'YYYY-MM-DD') as session, p.hashes ->> 'input' as "inputHash", p.counters,
            p.status = 'completed_with_holds' as held,
            coalesce(p.report -> 'warnings', '[]') as warnings
     from pipeline.phase_run p
     join pipeline.run r on r.id = p.run_id
     where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds')
     order by p.session desc, r.fence desc
     limit 1`,
  );
  return rows[0];
}

/** The newest session that import or cache sync has completed, and which of them did; undefined before the first. */
export async function readNewestSession(
  client: PoolClient,
): Promise<{ readonly session: SessionDate; readonly phase: string } | undefined> {
  const { rows } = await client.query<{ session: SessionDate; phase: string }>(
    `select to_char(session, 'YYYY-MM-DD') as session, phase
     from pipeline.phase_run
     where phase in ('import', 'cache-sync') and status in ('completed', 'completed_with_holds')
     order by phase_run.session desc, ordinal desc
     limit 1`,
  );
  return rows[0];
}
