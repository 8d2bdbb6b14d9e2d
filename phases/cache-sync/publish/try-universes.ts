import { PipelineError } from '../../../src/core/errors.js';
import type { TrialRequest, UniverseTrial } from '../../../src/core/universe-trial.js';
import { computeSync } from '../compute-sync.js';
import { readSession, readSettings, REPEATABLE, type SyncParts } from '../input/read-sync.js';
import { readMembersSince, readSyncPast } from '../input/sync-input.js';
import { readOpenUniverses } from '../membership/open-universes.js';
import { readPublishedChanges } from '../membership/rewind.js';
import { toModeScope } from '../modes.js';
import { describeFunnel } from '../universes/funnel.js';
import { bands } from '../universes/rules/bands.js';
import { marketLeaders } from '../universes/rules/market-leaders.js';
import { measureRankings } from '../universes/rules/measure-rankings.js';
import { createLedger } from './publish.js';

/**
 * Computes rankings and bands for any imported session from what is recorded of it, as a replay would, and publishes nothing.
 *
 * @throws EOD_CONFIG_INVALID as a run would, EOD_SESSION_INVALID for one without recorded securities
 */
export async function tryUniverses(
  { database, units, config: given, calendar }: SyncParts,
  { session, keys, signal }: TrialRequest,
): Promise<UniverseTrial> {
  return database.transaction(
    async ({ client }) => {
      const settings = await readSettings(client, { config: given, units });
      const { config } = settings;
      const { loaded } = await readSession(client, session, settings);
      if (loaded.count === 0) {
        throw new PipelineError('EOD_SESSION_INVALID', `nothing is recorded of ${session}`, {
          hint: 'choose a session that has been imported: `tickstock sessions`',
        });
      }
      const open = await readOpenUniverses(client);
      const scope = toModeScope('full', [bands, marketLeaders, measureRankings]);
      const published = await readPublishedChanges(client, session, null);
      const since = await readMembersSince(client, config, open, session);
      const ledger = createLedger({ open, published, from: session, scope, isResync: true, since }, config);
      const past = await readSyncPast(client, session, config, calendar);
      const input = { session, scope, gates: [], loaded, past, ledger, seen: new Map(), skips: () => true };
      const { selected, market } = await computeSync(input, config, calendar);
      const tried = selected.filter(({ key }) => keys.includes(key));
      return { session, universes: tried.map((universe) => describeFunnel(universe, market, config.universes)) };
    },
    signal,
    REPEATABLE,
  );
}
