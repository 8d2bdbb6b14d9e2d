import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';

/** A hold in force, as it is recorded. */
export interface RecordedHold {
  /** Universe name; null for the session. */
  readonly universe: string | null;
  readonly gate: string;
  readonly inputHash: string | null;
  /** Whether an earlier publish of the universe, or of the session, stands beside it. */
  readonly keepsPublished: boolean;
}

/** Holds of a session that are in force: neither approved nor lifted. */
export async function readRecordedHolds(client: PoolClient, session: SessionDate): Promise<RecordedHold[]> {
  const { rows } = await client.query<RecordedHold>(
    `select case when u.id is not null then concat_ws('/', u.type, u.name, u.key) end as universe, h.gate,
            h.input_hash as "inputHash", h.keeps_published as "keepsPublished"
     from pipeline.hold h
     left join pipeline.universe u on u.id = h.universe_id
     where h.session = $1 and h.state <> 'approved' and h.lifted_at is null`,
    [session],
  );
  return rows;
}
