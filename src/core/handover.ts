import type { SessionDate } from './session.js';

/** Why a consumer's old job cannot be deleted yet. */
export interface HandoverReason {
  readonly code:
    | 'NOT_PUBLISHED'
    | 'HELD'
    | 'DIFFERENT_ROWS'
    | 'ORPHANED_ROWS'
    | 'IGNORED_SETTINGS'
    | 'NO_ROOM'
    | 'REWRITTEN_ROWS'
    | 'DIFFERENT_GROUPS';
  /** One sentence. */
  readonly message: string;
  /** Rows it is about. */
  readonly places: readonly string[];
  /** What ends it. */
  readonly fix: string;
}

/** A row that the old job wrote and that is not written any more. */
export interface OrphanedRow {
  readonly place: string;
  readonly symbols: number;
  /** The row that is most likely the same list under another name; null: none is. */
  readonly alike: string | null;
}

/** Whether the job that filled `cache_entries` before can be deleted. */
export interface HandoverReport {
  /** Null: nothing has been imported. */
  readonly session: SessionDate | null;
  readonly ready: boolean;
  readonly reasons: readonly HandoverReason[];
  /** Rows that are written, those of them with the same members in the same order, and with equal content. */
  readonly rows: number;
  readonly sameMembers: number;
  readonly equal: number;
  /** Rows of the table at a place that is written: readers find them under the same key. */
  readonly kept: number;
  readonly orphaned: readonly OrphanedRow[];
  /** Fields with another value → how often. */
  readonly values: Readonly<Record<string, number>>;
  readonly groups: { readonly rows: number; readonly equal: number } | null;
}
