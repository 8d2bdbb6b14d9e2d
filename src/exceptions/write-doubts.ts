import type { PoolClient } from 'pg';
import type { SessionDate } from '../core/session.js';
import { toJsonb } from '../db/jsonb.js';
import type { CapEvidenceFigures } from './kinds/market-cap.js';
import type { RenameDoubt } from './kinds/rename.js';
import type { CompanyEvidenceFigures } from './kinds/same-company.js';
import { WRITE_DOUBTS } from './write-doubts.sql.js';

/** What a session leaves to a person: the identity of two tickers, or a market cap. */
export type Doubt = {
  /** Of two tickers the newcomer, or the smaller class. */
  readonly symbol: string;
  readonly session: SessionDate;
  readonly reason: string;
} & (
  | { readonly kind: 'RENAME'; readonly other: string; readonly evidence: RenameDoubt }
  | { readonly kind: 'SAME_COMPANY'; readonly other: string; readonly evidence: CompanyEvidenceFigures }
  | { readonly kind: 'MARKET_CAP'; readonly other: null; readonly evidence: CapEvidenceFigures }
);

/** Writes what a session found doubtful: new exceptions, and the end of those that it does not find any more. */
export async function writeDoubts(
  client: PoolClient,
  doubts: readonly Doubt[],
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
