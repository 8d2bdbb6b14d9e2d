import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { sessionText } from '../db/portable-columns.js';

/** A row that an import refused, with the reason. */
export interface RefusedRow {
  readonly source: string;
  /** File or feed, and the position in it, from 1. */
  readonly origin: string;
  readonly rowNumber: number;
  readonly symbol: string | null;
  readonly reason: string;
  /** The value found and what is allowed. */
  readonly detail: string | null;
  /** The row as JSON text. */
  readonly raw: string;
}

/** The refused rows of a session. */
export interface RefusedRows {
  /** Null: no import has refused a row that is still kept. */
  readonly session: SessionDate | null;
  /** Largest number first. */
  readonly byReason: readonly { readonly reason: string; readonly rows: number }[];
  /** By file and position, as many as were asked for. */
  readonly rows: readonly RefusedRow[];
}

export interface RefusedRequest {
  /** Default: the newest with refused rows. */
  readonly session?: SessionDate | undefined;
  readonly reason?: string | undefined;
  readonly limit?: number | undefined;
}

const DEFAULT_ROWS = 50;

/** Rows that imports refused, by reason: `pipeline.rejected_row`, which keeps them for `retention.rejectedRowsDays`. */
export async function readRefused(
  { db }: Database,
  { session, reason, limit = DEFAULT_ROWS }: RefusedRequest,
): Promise<RefusedRows> {
  const newest = await db
    .selectFrom('pipeline.rejected_row')
    .select(sessionText('session').as('day'))
    .orderBy('session', 'desc')
    .limit(1)
    .executeTakeFirst();
  const asked = session ?? newest?.day ?? null;
  if (asked === null) return { session: null, byReason: [], rows: [] };
  const found = db
    .selectFrom('pipeline.rejected_row')
    .where('session', '=', asked)
    .$if(reason !== undefined, (query) => query.where('reason', '=', reason ?? ''));
  const [counts, rows] = await Promise.all([
    found
      .select(['reason', ({ fn }) => fn.countAll<string>().as('rows')])
      .groupBy('reason')
      .execute(),
    found
      .select(['source', 'origin', 'row_number', 'symbol', 'reason', 'detail', 'raw'])
      .orderBy('origin')
      .orderBy('row_number')
      .limit(limit)
      .execute(),
  ]);
  const byReason = counts.map((each) => ({ reason: each.reason, rows: Number(each.rows) }));
  return {
    session: asked,
    byReason: byReason.toSorted((left, right) => right.rows - left.rows || (left.reason < right.reason ? -1 : 1)),
    rows: rows.map(({ row_number: rowNumber, ...row }) => ({ ...row, rowNumber })),
  };
}
