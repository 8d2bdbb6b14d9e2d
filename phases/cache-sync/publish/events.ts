import type { EventDraft, PhaseEvents, PhaseOutcome, RunFacts } from '../../../src/core/phase.js';
import {
  cacheSyncCompleted,
  cacheSyncPhaseCompleted,
  cacheSyncProgress,
  cacheSyncStarted,
  cacheSyncTriggered,
  delistingCleanup,
  holdOpened,
  ipoAssigned,
  LISTED_TICKERS,
  securityRenamed,
  universeUpdated,
} from '../../../src/events/catalogue/index.js';
import { draftEvent } from '../../../src/events/event.js';
import { toCompleted, toPercent, toSeconds } from '../../../src/core/measures.js';
import { summarizeChanges, type SyncResults } from './changes-summary.js';
import type { OpenedHold } from '../holds/write-holds.js';
import type { Market } from '../valuation/market.js';
import { recentIpos } from '../universes/rules/recent-ipos.js';
import { toUniverseName } from '../universes/select-universes.js';
import { toModeScope } from '../modes.js';
import type { UniverseChange } from '../membership/universe-changes.js';

/** Events of a sync for the consumer. Its items are symbols; its current task is the stage of the work, which is the same for all universes. */
export const CACHE_SYNC_EVENTS: PhaseEvents = {
  job: 'cache_sync',
  requested: ({ runId, mode, force }, by) => [
    draftEvent(cacheSyncTriggered, { job_id: runId, mode, force, triggered_by: by }),
  ],
  started: (run) => [draftEvent(cacheSyncStarted, toPlace(run, run.symbols, 0, ''))],
  progress: (run, { fraction, task }) => [draftEvent(cacheSyncProgress, toPlace(run, run.symbols, fraction, task))],
  ended: (run, outcome) => {
    const isCompleted = outcome.report !== undefined;
    const symbols = outcome.report?.counters['symbols'] ?? run.symbols;
    const results = toResults(run, outcome);
    const end = {
      status: toStatus(outcome),
      total_changes: results.changesSummary.total_changes,
      duration_seconds: toSeconds(outcome.durationMs),
    };
    return [
      draftEvent(cacheSyncPhaseCompleted, { ...toPlace(run, symbols, isCompleted ? 1 : 0, ''), ...end }),
      draftEvent(cacheSyncCompleted, {
        job_id: run.runId,
        mode: run.mode,
        ...end,
        universes_updated: [...results.universesUpdated],
        task_results: results.tasks,
        changes_summary: results.changesSummary,
      }),
    ];
  },
};

function toStatus({ report }: PhaseOutcome): 'completed' | 'completed_with_holds' | 'failed' {
  if (report === undefined) return 'failed';
  return report.held === true ? 'completed_with_holds' : 'completed';
}

function toPlace({ runId, mode }: RunFacts, symbols: number, fraction: number, task: string) {
  return {
    run_id: runId,
    mode,
    current_task: task,
    completed: toCompleted(fraction, symbols),
    total_items: symbols,
    percent_complete: toPercent(fraction),
  };
}

/** The report's own tasks; a sync that did not complete published nothing, so no task has a result. */
function toResults({ mode }: RunFacts, { report }: PhaseOutcome): SyncResults {
  const nothing = summarizeChanges([], [], toModeScope(mode, []));
  return { ...nothing, tasks: {}, ...(report?.details as Partial<SyncResults> | undefined) };
}

/** The changes of a sync: one event per universe, one per new listing, and one for all symbols that a cleanup removed. */
export function draftChanges(changes: readonly UniverseChange[], market: Market): EventDraft[] {
  return [
    ...changes.map((change) => draftUniverse(change, market)),
    ...changes.flatMap((change) => draftListings(change, market)),
    ...draftRenames(changes, market),
    ...draftCleanup(changes),
  ];
}

function draftUniverse(change: UniverseChange, { session }: Market): EventDraft {
  const { type, name, key } = change.universe;
  return draftEvent(universeUpdated, {
    universe: change.name,
    action: change.action,
    reason: change.reason,
    added: change.added.slice(0, LISTED_TICKERS),
    removed: change.removed.slice(0, LISTED_TICKERS),
    count: change.count,
    session,
    metadata: {
      added_count: change.added.length,
      removed_count: change.removed.length,
      type,
      name,
      key,
      ...(change.renamed.length > 0 && { renamed: [...change.renamed] }),
    },
  });
}

/** Each renamed member once; one that is in no universe has nothing to report. */
function draftRenames(changes: readonly UniverseChange[], { securities, session }: Market): EventDraft[] {
  const renamed = new Map(changes.flatMap((change) => change.renamed.map(({ from, to }) => [to, from] as const)));
  return [...renamed].map(([to, from]) =>
    draftEvent(securityRenamed, { from, to, name: securities.get(to)?.name ?? '', session }),
  );
}

/** New symbols among the recent listings. Not when the universe itself is new: its first members are new to it, not to the market. */
function draftListings({ universe, name, action, added, renamed }: UniverseChange, market: Market): EventDraft[] {
  if (!recentIpos.matchesUniverse(universe) || action !== 'updated') return [];
  const known = new Set(renamed.map(({ to }) => to));
  return added
    .filter((symbol) => !known.has(symbol))
    .map((symbol) => {
      const stock = market.securities.get(symbol);
      return draftEvent(ipoAssigned, {
        symbol,
        universe: name,
        sector: stock?.sector ?? '',
        market_cap: stock?.marketCapUsd ?? 0,
        list_date: stock?.listDate ?? market.session,
      });
    });
}

function draftCleanup(changes: readonly UniverseChange[]): EventDraft[] {
  const cleaned = changes.filter((change) => change.inactive.length > 0);
  if (cleaned.length === 0) return [];
  const symbols = [...new Set(cleaned.flatMap((change) => change.inactive))].sort();
  return [
    draftEvent(delistingCleanup, {
      removed_count: symbols.length,
      symbols: symbols.slice(0, LISTED_TICKERS),
      universes: cleaned.map((change) => change.name),
    }),
  ];
}

/**
 * One event for each hold that was not open before.
 * @param names universe name → the name that people use
 */
export function draftHolds(opened: readonly OpenedHold[], names: ReadonlyMap<string, string>): EventDraft[] {
  const count = (candidate: OpenedHold['candidate'], list: 'added' | 'removed'): number =>
    candidate.reduce((total, universe) => total + universe[list].length, 0);
  return opened.map(({ id, session, universe, gate, message, measured, threshold, candidate }) =>
    draftEvent(holdOpened, {
      hold_id: id,
      session,
      universe: universe && (names.get(toUniverseName(universe)) ?? universe.key),
      gate,
      message,
      measured,
      threshold,
      added_count: count(candidate, 'added'),
      removed_count: count(candidate, 'removed'),
    }),
  );
}
