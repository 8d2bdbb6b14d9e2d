import type { PhaseReport, TaskProgress } from '../../../src/core/phase.js';
import { nextTurn } from '../../../src/core/time-slice.js';
import { writeSecurities } from '../../../src/securities/identity/write-securities.js';
import { markOwnWrites } from '../../../src/securities/fact-horizon.js';
import type { ComputedSync } from '../compute-sync.js';
import { NO_GROUPS, writeGroups } from '../groups/write-groups.js';
import { findUnknownThemeSymbols } from '../input/find-unknown-symbols.js';
import { hashMemberships } from '../membership/membership-hash.js';
import { writeRetired } from '../membership/open-universes.js';
import { listUniverseChanges, nameUniverses } from '../membership/universe-changes.js';
import { toIds } from '../membership/publication.js';
import { restoreAudit } from '../membership/write-audit.js';
import { writeMemberships } from '../membership/write-memberships.js';
import { restoreEvents, updateListed } from '../membership/write-symbol-life.js';
import { writeProjection } from '../projection/write-projection.js';
import { writeMarketCaps } from './write-figures.js';
import { listDifference } from './published-difference.js';
import type { Publish } from './publish.js';
import { countMarket, describeSync } from './report.js';

/** The result of a publish. */
export interface FinishedPublish {
  readonly report: PhaseReport;
  /** Membership intervals added and superseded by this publish. */
  readonly corrected: number;
}

/**
 * Writes what all sessions of a publish share, once: membership intervals, the listing of symbols, the changed rows of `cache_entries`; and
 * reports the difference to what readers saw before.
 *
 * Edges: when the newest session is held its market caps are not written to `symbols`.
 * @param last the newest session
 */
export async function finishPublish(
  publish: Publish,
  last: ComputedSync,
  inputHash: string,
  task: TaskProgress,
): Promise<FinishedPublish> {
  const { client, scope, settings, calendar, range, isResync, before, ledger, context } = publish;
  if (isResync) {
    await restoreAudit(client, range);
    await restoreEvents(client, range);
  }
  await writeSecurities(client, { ...range, isResync });
  const corrected = await writeMemberships(client, { ...range, isResync });
  await writeRetired(client, before, ledger, range.from);
  const listed = await updateListed(client, calendar, range);
  const { market, isSessionHeld } = last;
  const { marketCapRewritePct: thresholdPct } = settings.config.universes;
  const capsRewritten = isSessionHeld
    ? 0
    : await writeMarketCaps(client, market, scope, { thresholdPct, at: range.at });
  if (listed + capsRewritten > 0) await markOwnWrites(client);
  task.advance(1, 'memberships');
  const comparison = await listDifference(publish, last);
  const ids = toIds(ledger.all);
  let onBusy = (): void => undefined;
  const serverIsBusy = new Promise<void>((resolve) => (onBusy = resolve));
  // Work that needs no answer of the server is done while it stores the rows.
  const [projection, membership, universeChanges, counts] = await Promise.all([
    writeProjection(
      client,
      settings.layout,
      comparison.published,
      { at: range.at, ids },
      { onRow: (row) => task.advance(1, row.key), onBusy },
    ).finally(onBusy),
    serverIsBusy.then(() => hashMemberships(ledger.open)),
    serverIsBusy.then(nextTurn).then(() => listUniverseChanges(comparison, before, ids, scope)),
    serverIsBusy.then(nextTurn).then(() => countMarket(market)),
  ]);
  const groups =
    settings.groups === undefined
      ? NO_GROUPS
      : await writeGroups(client, settings.groups, comparison.published, {
          at: range.at,
          session: market.session,
          ids,
          sectors: settings.config.sectors,
        });
  task.finish();
  const listsThemes = scope.tasks.includes('theme_rebalancing') && !isSessionHeld;
  const report = describeSync(
    { ...last, comparison },
    {
      scope,
      universeChanges,
      opened: publish.opened,
      names: nameUniverses(comparison, before, ids),
      counts,
      capsRewritten,
      ...projection,
      groups,
      warnings: [...settings.warnings, ...groups.warnings],
      hashes: { input: inputHash, membership },
      unknownThemeSymbols: listsThemes ? await findUnknownThemeSymbols(client, settings.config) : [],
    },
  );
  context.signal.throwIfAborted();
  return { report, corrected };
}
