import type { Config } from '../../../src/config/schema.js';
import type { TradingCalendar } from '../../../src/core/calendar.js';
import type { PhaseContext, PhaseReport, TaskProgress } from '../../../src/core/phase.js';
import { nextTurn } from '../../../src/core/time-slice.js';
import type { Transaction } from '../../../src/db/database.js';
import { listMemberships, type OpenUniverse } from '../membership/compare-memberships.js';
import type { ComputedSync } from '../compute-sync.js';
import { findUnknownThemeSymbols } from '../input/find-unknown-symbols.js';
import type { CacheLayout } from '../projection/layout.js';
import { writeMeasures } from '../input/measure-session.js';
import { hashMemberships } from '../membership/membership-hash.js';
import { writeUniverses } from '../membership/open-universes.js';
import { countMarket, describeSync } from './report.js';
import { listReportedInactive, restoreListed, updateListed, writeSymbolEvents } from '../membership/symbol-life.js';
import type { SyncScope } from '../modes.js';
import { listUniverseChanges } from '../membership/universe-changes.js';
import { writeFigures } from '../valuation/write-figures.js';
import { writeHolds } from '../holds/write-holds.js';
import { writeMembershipChanges } from '../membership/write-memberships.js';
import { writeProjection } from '../projection/write-projection.js';

/** The tasks of a sync that a person sees. */
export type SyncTasks = Readonly<Record<'select' | 'value' | 'publish', TaskProgress>>;

/** A computed session and where it goes. */
export interface SyncToPublish {
  readonly scope: SyncScope;
  readonly layout: CacheLayout;
  readonly config: Config;
  readonly calendar: TradingCalendar;
  readonly computed: ComputedSync;
  /** Settled when the session's valuations are written, in the same transaction. */
  readonly valuations: Promise<void>;
  readonly open: readonly OpenUniverse[];
  /** Whether the session has been published before. */
  readonly isResync: boolean;
  readonly inputHash: string;
  /** What reading the input had to say. */
  readonly warnings: readonly string[];
}

/**
 * Writes a session in one transaction and completes the phase in it.
 *
 * Edges: of a session that is held only the figures, the measures and the holds are written: memberships, rows and `symbols` stay.
 */
export async function publishSync(
  client: Transaction['client'],
  context: PhaseContext,
  tasks: SyncTasks,
  sync: SyncToPublish,
): Promise<PhaseReport> {
  const { scope, layout, computed, open, config, isResync } = sync;
  const { market, comparison, isSessionHeld } = computed;
  await sync.valuations;
  const ids = await writeUniverses(client, comparison.published, context.session, open);
  const at = new Date(context.clock.now());
  const publication = { runId: context.runId, session: context.session, at, ids, isResync };
  const capsRewritten = await writeFigures(client, market, comparison, publication, {
    scope,
    marketCapRewritePct: isSessionHeld ? null : config.universes.marketCapRewritePct,
    onWritten: (rows) => tasks.value.advance(rows),
  });
  await writeMeasures(client, context.session, computed.measures);
  tasks.value.finish();
  await writeMembershipChanges(client, comparison, publication);
  const events = [...computed.symbolEvents, ...listReportedInactive(comparison, market)];
  // Only a sync that looks for delistings, and publishes what it finds, may take back what an earlier one found.
  const takesBack = isResync && !isSessionHeld && scope.tasks.includes('delisted_cleanup');
  await writeSymbolEvents(client, events, { ...publication, isResync: takesBack });
  await updateListed(client, events, sync.calendar, publication);
  if (takesBack) await restoreListed(client, sync.calendar, publication);
  await writeHolds(client, comparison.holds, {
    ...publication,
    inputHash: sync.inputHash,
    force: context.force,
    approval: context.approval,
    scope: scope.mode === 'full' ? null : listIds(scope, open),
  });
  tasks.publish.advance(1, 'memberships');
  let onBusy = (): void => undefined;
  const serverIsBusy = new Promise<void>((resolve) => (onBusy = resolve));
  // What needs no answer of the server is done while it stores the rows.
  const [projection, membership, universeChanges, counts] = await Promise.all([
    writeProjection(client, layout, comparison.published, publication, {
      onRow: (row) => tasks.publish.advance(1, row.key),
      onBusy,
    }).finally(onBusy),
    serverIsBusy.then(() => hashMemberships(listMemberships(comparison, open))),
    serverIsBusy.then(nextTurn).then(() => listUniverseChanges(comparison, open, ids, scope)),
    serverIsBusy.then(nextTurn).then(() => countMarket(market)),
  ]);
  tasks.publish.finish();
  const listsThemes = scope.tasks.includes('theme_rebalancing') && !isSessionHeld;
  const report = describeSync(computed, {
    scope,
    universeChanges,
    counts,
    capsRewritten,
    ...projection,
    warnings: sync.warnings,
    hashes: { input: sync.inputHash, membership },
    unknownThemeSymbols: listsThemes ? await findUnknownThemeSymbols(client, config) : [],
  });
  await context.completeIn(client, report);
  return report;
}

/** Universes whose holds a partial sync may settle. */
function listIds(scope: SyncScope, open: readonly OpenUniverse[]): number[] {
  return open.filter((universe) => scope.has(universe)).map((universe) => universe.id);
}
