import { formatCounted } from '../core/format-count.js';
import type { HandoverReason, HandoverReport } from '../core/handover.js';
import type { ParityDifference, PhaseParity } from '../core/preview.js';

/** What is known about the newest publish besides the rows. */
export interface PublishedState {
  readonly isPublished: boolean;
  readonly openHolds: number;
}

/** The report of a database into which nothing has been imported. */
export const NOTHING_IMPORTED: HandoverReport = {
  session: null,
  ready: false,
  reasons: [
    {
      code: 'NOT_PUBLISHED',
      message: 'nothing has been imported, so nothing is published',
      places: [],
      fix: 'tickstock run',
    },
  ],
  rows: 0,
  sameMembers: 0,
  equal: 0,
  kept: 0,
  orphaned: [],
  values: {},
  groups: null,
};

/** Judges whether readers find in the table what they find after the old job, and nothing that no run keeps up to date. */
export function judgeHandover(parity: PhaseParity, state: PublishedState): HandoverReport {
  const { session, rows, sameMembers, equal, differences, groups } = parity;
  const reasons = listReasons(parity, state);
  const missing = differences.filter(({ kind }) => kind === 'missing').length;
  return {
    session,
    ready: reasons.length === 0,
    reasons,
    rows,
    sameMembers,
    equal,
    kept: rows - missing,
    orphaned: ofKind(differences, ['extra']).map(({ place, removed, alike }) => ({
      place,
      symbols: removed.length,
      alike,
    })),
    values: sumFields(differences),
    groups,
  };
}

const PUBLISH = 'tickstock run --phase cache-sync';

function listReasons(parity: PhaseParity, { isPublished, openHolds }: PublishedState): HandoverReason[] {
  const { session, differences, leftOut, ignored, rewritten, groups } = parity;
  const different = listPlaces(ofKind(differences, ['missing', 'abandoned', 'membership', 'order', 'values']));
  const orphaned = listPlaces(ofKind(differences, ['extra']));
  const found: (HandoverReason | false)[] = [
    !isPublished && {
      code: 'NOT_PUBLISHED',
      message: `${session} is not published`,
      places: [],
      fix: PUBLISH,
    },
    openHolds > 0 && {
      code: 'HELD',
      message: `${formatCounted(openHolds, 'hold is', 'holds are')} open: what they hold is not published`,
      places: [],
      fix: 'tickstock holds',
    },
    different.length > 0 && {
      code: 'DIFFERENT_ROWS',
      message: `${formatCounted(different.length, 'row differs', 'rows differ')} from what would be written`,
      places: different,
      fix: PUBLISH,
    },
    rewritten.length > 0 && {
      code: 'REWRITTEN_ROWS',
      message: `another program has written ${formatCounted(rewritten.length, 'row')} since the last publish: the old job still runs`,
      places: rewritten,
      fix: `stop the old job, then ${PUBLISH}`,
    },
    orphaned.length > 0 && {
      code: 'ORPHANED_ROWS',
      message: `${formatCounted(orphaned.length, 'row is', 'rows are')} of published kinds and written by no run`,
      places: orphaned,
      fix: 'tickstock handover retire --orphaned, or tickstock handover alias OLD NEW for a list with another name',
    },
    ignored.length > 0 && {
      code: 'IGNORED_SETTINGS',
      message: `${formatCounted(ignored.length, 'setting of cache_config is', 'settings of cache_config are')} ignored: ${ignored.map(({ place, reason }) => `${place}: ${reason}`).join('; ')}`,
      places: ignored.map(({ place }) => place),
      fix: ignored.some(({ isWhole }) => isWhole)
        ? 'correct it, or tickstock handover retire PLACE'
        : 'correct it in the table',
    },
    leftOut.length > 0 && {
      code: 'NO_ROOM',
      message: `a unique key of cache_entries has no room for ${formatCounted(leftOut.length, 'row')}`,
      places: leftOut,
      fix: 'set universes.namesInKeys, or extend the unique key to the name',
    },
    groups !== null &&
      groups.equal < groups.rows && {
        code: 'DIFFERENT_GROUPS',
        message: `${groups.rows - groups.equal} of ${groups.rows} groups of definition_groups differ from what would be written`,
        places: [],
        fix: PUBLISH,
      },
  ];
  return found.filter((reason) => reason !== false);
}

function ofKind(
  differences: readonly ParityDifference[],
  kinds: readonly ParityDifference['kind'][],
): readonly ParityDifference[] {
  return differences.filter(({ kind }) => kinds.includes(kind));
}

function listPlaces(differences: readonly ParityDifference[]): string[] {
  return [...new Set(differences.map(({ place }) => place))];
}

function sumFields(differences: readonly ParityDifference[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const { fields } of differences) {
    for (const [field, times] of Object.entries(fields)) totals[field] = (totals[field] ?? 0) + times;
  }
  return Object.fromEntries(Object.entries(totals).toSorted(([, left], [, right]) => right - left));
}
