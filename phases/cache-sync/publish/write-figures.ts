import type { PoolClient } from 'pg';
import type { Comparison } from '../membership/compare-memberships.js';
import type { Market } from '../valuation/market.js';
import type { ModeScope } from '../modes.js';
import type { SessionDate } from '../../../src/core/session.js';
import { FIND_UNVALUED } from './write-valuations.sql.js';
import { rewriteMarketCaps, writeValuations } from './write-valuations.js';

/**
 * Starts to write the valuations of the session, which only need the figures: the server stores them while universes are selected.
 *
 * Edges: a mode that does not recalculate market caps leaves all figures unchanged, so that bands and rankings still agree with the
 *        valuations they were computed from.
 * @returns settles when they are written; until then no other statement may use the connection
 */
export function startValuations(
  client: PoolClient,
  market: Market,
  parts: { readonly scope: ModeScope; readonly isResync: boolean; readonly onWritten: (rows: number) => void },
): Promise<void> {
  if (!recalculates(parts.scope)) return Promise.resolve();
  const written = writeValuations(client, market, parts.isResync, parts.onWritten);
  // The failure is reported where the promise is awaited; until then it must not end the process as an unhandled rejection.
  written.catch(() => undefined);
  return written;
}

const UNRANKED = {
  rank: null,
  sectorGroup: null,
  sectorRank: null,
  industryGroup: null,
  industryRank: null,
  etfRank: null,
  companyRank: null,
};

function recalculates({ tasks }: ModeScope): boolean {
  return tasks.includes('market_cap_recalculation');
}

/**
 * Writes the valuations of new members that have none yet, in a mode that does not recalculate market caps: their rows were imported after
 * the full sync. Without a rank, which only a ranking of all stocks gives; a member without a market cap would look like a defect.
 */
export async function writeMissingValuations(
  client: PoolClient,
  market: Market,
  { changes }: Comparison,
  scope: ModeScope,
): Promise<void> {
  if (recalculates(scope)) return;
  const missing = await findUnvalued(client, changes, market.session);
  const securities = new Map(
    [...market.securities]
      .filter(([symbol]) => missing.has(symbol))
      .map(([symbol, security]) => [symbol, { ...security, ...UNRANKED }]),
  );
  if (securities.size > 0) await writeValuations(client, { ...market, securities }, false, () => undefined);
}

/** Writes changed market caps to `symbols`, in a mode that recalculates them. */
export async function writeMarketCaps(
  client: PoolClient,
  market: Market,
  scope: ModeScope,
  { thresholdPct, at }: { readonly thresholdPct: number; readonly at: Date },
): Promise<number> {
  return recalculates(scope) ? rewriteMarketCaps(client, market, thresholdPct, at) : 0;
}

async function findUnvalued(
  client: PoolClient,
  changes: Comparison['changes'],
  session: SessionDate,
): Promise<Set<string>> {
  const symbols = changes.flatMap(({ action, symbol }) => (action === 'added' ? [symbol] : []));
  const rows = await FIND_UNVALUED.rows(client, { symbols, session });
  return new Set(rows.map(({ symbol }) => symbol));
}
