import type { z } from 'zod';
import type { cacheSyncCompleted } from '../../../src/events/catalogue/index.js';
import type { HeldNow } from '../input/last-sync.js';
import { updateKindOf, type ModeScope } from '../modes.js';
import { CHANGE_TYPE, type SyncTask } from '../task.js';
import type { UniverseChange } from '../membership/universe-changes.js';

type Completed = z.output<typeof cacheSyncCompleted.payload>;

/** The changes of a sync, counted for the consumer; stored in the details of the report. A change is a membership that began or ended. */
export interface SyncResults {
  /** Every task of the mode. */
  readonly tasks: Completed['task_results'];
  readonly changesSummary: Completed['changes_summary'];
  /** Names of the universes that changed. */
  readonly universesUpdated: readonly string[];
}

/**
 * A held session holds every task of its mode. Of universes with equally many changes the most active one comes first; `['', 0]` without changes.
 */
export function summarizeChanges(
  changes: readonly UniverseChange[],
  held: readonly Pick<HeldNow, 'universe'>[],
  scope: ModeScope,
): SyncResults {
  const byTask = countByTask(changes);
  const heldTasks = new Set(
    held.flatMap(({ universe }) => (universe === null ? scope.tasks : [updateKindOf(universe, scope)])),
  );
  const added = sum(changes.map((change) => change.added.length));
  const removed = sum(changes.map((change) => change.removed.length));
  const byUniverse = changes
    .map((change): [string, number] => [change.name, change.added.length + change.removed.length])
    .filter(([, count]) => count > 0);
  return {
    tasks: Object.fromEntries(
      scope.tasks.map((task) => {
        const status = heldTasks.has(task) ? 'completed_with_holds' : 'completed';
        return [task, { status, changes: byTask.get(task) ?? 0 }];
      }),
    ),
    changesSummary: {
      total_changes: added + removed,
      by_type: Object.fromEntries([...byTask].map(([task, count]) => [CHANGE_TYPE[task], count])),
      by_action: { added, removed },
      by_universe: Object.fromEntries(byUniverse),
      most_active_universe: byUniverse.toSorted(([, left], [, right]) => right - left)[0] ?? ['', 0],
    },
    universesUpdated: changes.map((change) => change.name),
  };
}

/** Tasks with changes only. */
function countByTask(changes: readonly UniverseChange[]): Map<SyncTask, number> {
  const counts = new Map<SyncTask, number>();
  const add = (task: SyncTask, count: number): void => {
    if (count > 0) counts.set(task, (counts.get(task) ?? 0) + count);
  };
  for (const { task, added, removed, inactive } of changes) {
    add(task, added.length + removed.length - inactive.length);
    add('delisted_cleanup', inactive.length);
  }
  return counts;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
