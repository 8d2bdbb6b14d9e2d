import type { PoolClient } from 'pg';
import type { SessionDate } from '../core/session.js';
import { toJsonb } from '../db/jsonb.js';
import type { RenameDoubt } from './kinds/rename.js';
import type { CompanyEvidenceFigures } from './kinds/same-company.js';
import { WRITE_DOUBTS } from './write-doubts.sql.js';

/** Two tickers whose identity a session leaves open. */
export type IdentityDoubt = {
  /** The newcomer, or the smaller class. */
  readonly symbol: string;
  readonly other: string;
  readonly session: SessionDate;
  readonly reason: string;
} & (
  | { readonly kind: 'RENAME'; readonly evidence: RenameDoubt }
  | { readonly kind: 'SAME_COMPANY'; readonly evidence: CompanyEvidenceFigures }
);

/** Writes what a session found doubtful: new exceptions, and the end of those that it does not find any more. */
export async function writeDoubts(
  client: PoolClient,
  doubts: readonly IdentityDoubt[],
  { session, at, isNewest }: { readonly session: SessionDate; readonly at: Date; readonly isNewest: boolean },
): Promise<void> {
  await WRITE_DOUBTS.write(client, {
    session,
    at,
    isNewest,
    kinds: doubts.map(({ kind }) => kind),
    symbols: doubts.map(({ symbol }) => symbol),
    others: doubts.map(({ other }) => other),
    sessions: doubts.map((doubt) => doubt.session),
    reasons: doubts.map(({ reason }) => reason),
    evidence: doubts.map(({ evidence }) => toJsonb({ ...evidence })),
  });
}
